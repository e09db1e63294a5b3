// The key book in a backup: the text in which a broker keeps invitations and the keys that have come of them
// (broker/enrolment/). Table key_book is empty in a store that is in use. Functions throw StoreError.
#pragma once

#include <string>

#include "broker/store/sqlite/sqlite.h"

namespace forkmill::broker {

// Replaces the text that the database has. Empty: it has none afterwards.
void write_key_book(Database& database, const std::string& text);

// Returns the text; empty: there is none. Throws also if the text is damaged.
std::string read_key_book(Database& database);

}  // namespace forkmill::broker
