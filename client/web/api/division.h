// Division: how the shards of a cluster are divided among its brokers, for views that tell more than that.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "client/web/api/broker.h"

namespace forkmill::web {

// Returns what `ask` answers to QUERY shards. Null: the broker that says `status` has all queues, or does not answer
// this question, since the database is away or the broker is of an earlier version; views tell the rest then.
// Throws what `ask` throws otherwise. Pure.
Json division_of(const Json& status, const std::function<Json()>& ask);
// Asks the broker, and waits a second at most. Throws as Broker::ask() does.
Json division_of(Broker& broker, const Json& status);

}  // namespace forkmill::web
