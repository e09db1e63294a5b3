// Verification of a whole database. Functions throw StoreError if it cannot be read at all.
#pragma once

#include <string>
#include <vector>

#include "broker/store/sqlite/meta.h"

namespace forkmill::broker {

// Returns every fault found, with its place; empty if there is none. `file` names the database in the texts.
std::vector<std::string> verify_database(Database& database, const Meta& meta, const std::string& file);

// Returns an epoch that no broker on this store can have had, for a store that continues from an older state.
proto::Epoch far_beyond(proto::Epoch epoch);

}  // namespace forkmill::broker
