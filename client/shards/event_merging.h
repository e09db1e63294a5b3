// Merging of events: the answers of some shards to QUERY events as one, in the order of time. Pure.
#pragma once

#include <string>
#include <vector>

#include "client/shards/merging.h"

namespace forkmill::client {

// `cursors`: by shard, as far as the waiter has come. Returns an answer with the rows of `events`, each with the cursor
// behind it; what was missed is a row with the kind `missed`, and `from`, `to` and `restarted`. An answer that makes no
// sense is an error. REQUIRES: no reply is an error.
proto::Reply merged_events(const std::vector<ShardReply>& replies, std::vector<std::string> cursors);

}  // namespace forkmill::client
