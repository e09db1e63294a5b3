// ShardFaults: makes things go wrong in a cluster with several shards while tasks come in, and mends them at the end.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/sim/shards/broker_machine.h"
#include "tests/sim/shards/shard_client.h"
#include "tests/sim/shards/shard_worker.h"

namespace forkmill::sim {

class ShardFaults {
 public:
  struct Nodes {
    ShardTable& table;
    std::vector<std::unique_ptr<BrokerMachine>>& brokers;
    std::vector<std::unique_ptr<ShardClient>>& clients;
    std::vector<std::unique_ptr<ShardWorker>>& workers;
  };
  ShardFaults(World& world, Nodes nodes) : world_{world}, nodes_{nodes} {}

  // Plans faults until `end`.
  void begin(Instant end);
  // Every node that is down comes back, and nothing goes wrong any more.
  void mend();
  std::uint64_t count() const { return count_; }

 private:
  void plan_broker_faults();
  void plan_peer_faults();
  void plan_line_faults();
  void plan_moves();
  void keep_doing(double per_minute, std::function<void()> what);
  Instant outage();
  BrokerMachine& a_broker() { return *world_.random.pick(nodes_.brokers); }
  // A process that serves a shard. Null: there is none.
  ShardProcess* an_owner();
  // Does something to the line of any client or worker.
  void disturb(const std::function<void(Line&)>& what);
  template <class Node>
  void restart_later(Node& node) {
    world_.after(outage(), [&node] { node.start(); });
  }

  World& world_;
  Nodes nodes_;
  Instant end_{0};
  std::uint64_t count_ = 0;
};

}  // namespace forkmill::sim
