// Looks through a whole database. Throws StoreError when it cannot be read at all.
#pragma once

#include <string>
#include <vector>

#include "broker/store/sqlite/meta.h"

namespace forkmill::broker {

// Everything that is wrong with it, each with its place; empty: nothing. `file` is what the texts call it.
std::vector<std::string> verify_database(Database& database, const Meta& meta, const std::string& file);

// For a store that goes on from an older state: an epoch that no broker on it can have had.
proto::Epoch far_beyond(proto::Epoch epoch);

}  // namespace forkmill::broker
