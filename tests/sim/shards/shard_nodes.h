// ShardNodes: the nodes of a cluster with several shards, and what they share.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/nodes/core_meter.h"
#include "tests/sim/shards/broker_machine.h"
#include "tests/sim/shards/shard_client.h"
#include "tests/sim/shards/shard_worker.h"
#include "tests/sim/world/paths.h"

namespace forkmill::sim {

class ShardNodes {
 public:
  // Makes everything that the options name. Runs the first `started` brokers, and all workers and clients.
  ShardNodes(const Options& options, std::size_t started, bool verbose);

  void run_until(Instant end);
  // Runs until the condition holds, or for that time. Returns whether it holds.
  template <class Condition>
  bool await(Instant patience, const Condition& condition) {
    constexpr Instant kLook = std::chrono::milliseconds{100};
    const Instant begin = world.now();
    for (Instant look = begin; look < begin + patience && !condition(); look += kLook) run_until(look);
    return condition();
  }

  // The process that has the shard; null: none.
  ShardProcess* owner(const broker::OwnedShard& shard) const;
  // Whether each shard is with the broker that is chosen for it.
  bool is_settled() const;
  // Whether all workers have all of their sessions.
  bool are_workers_open() const;

  World world;
  ForcedPaths paths{world.options};
  History history{world, History::Sight::journals};
  ObjectHistory objects{world};
  Routing routing{world.options.sharding.shards};
  ShardTable table{world, world.options.sharding.shards};
  Addresses addresses{world};
  Workload workload{world};
  LockBook locks{world.options.sharding.locks};
  CoreMeter meter;
  ShardCluster shared{world, table, addresses, history, objects, routing, locks, meter};
  std::vector<std::unique_ptr<BrokerMachine>> brokers;
  std::vector<std::unique_ptr<ShardWorker>> workers;
  std::vector<std::unique_ptr<ShardClient>> clients;

 private:
  std::vector<std::string> draw_endpoints();
};

}  // namespace forkmill::sim
