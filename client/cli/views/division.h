// Views of how the shards of a cluster are divided among its brokers: the answer to QUERY shards, MoveShard and
// DrainBroker, for people and as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "client/cli/text/table.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// The shards, with what each broker says of them in the answer to QUERY status. A broker that has all queues is shard
// 1; `division` is empty then. It may be empty with several shards as well: where they move to is not known then.
Table shard_table(const Json& status, const Json& division);
// The shards, with their owners only.
Table division_table(const Json& division);
// The brokers, also those that are dead.
Table broker_table(const Json& division);

// OrderProgress: how far the brokers have come with an order of an operator.
struct OrderProgress {
  bool is_done = false;
  std::string failure{};  // why it will not be carried out any more; empty: it may be
};
// The progress of MoveShard. An empty broker: the shard is to be where all brokers compute it.
OrderProgress progress_of_move(const Json& division, std::int64_t shard, const std::string& broker);
// The progress of DrainBroker, and of its undo.
OrderProgress progress_of_drain(const Json& division, const std::string& broker);
OrderProgress progress_of_undo(const Json& division);

}  // namespace forkmill::cli
