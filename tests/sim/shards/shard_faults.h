// ShardFaults: makes things go wrong in a cluster with several shards while tasks come in, and mends them at the end.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/sim/shards/broker_machine.h"
#include "tests/sim/shards/shard_client.h"
#include "tests/sim/shards/shard_worker.h"
#include "tests/sim/world/fault_plan.h"

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
  std::uint64_t count() const { return plan_.count(); }

 private:
  void plan_broker_faults();
  void plan_peer_faults();
  void plan_line_faults();
  void plan_moves();
  void keep_doing(double per_minute, std::function<void()> what) { plan_.keep_doing(per_minute, std::move(what)); }
  Instant outage() { return plan_.outage(); }
  BrokerMachine& a_broker() { return *plan_.random.pick(nodes_.brokers); }
  ShardClient& a_client() { return *plan_.random.pick(nodes_.clients); }
  ShardWorker& a_worker() { return *plan_.random.pick(nodes_.workers); }
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
  FaultPlan plan_{world_};
};

}  // namespace forkmill::sim
