// Faults: makes things go wrong while tasks come in, and mends them at the end.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/sim/nodes/broker_node.h"
#include "tests/sim/nodes/client_node.h"
#include "tests/sim/nodes/stranger.h"
#include "tests/sim/nodes/worker_node.h"
#include "tests/sim/world/fault_plan.h"

namespace forkmill::sim {

struct Nodes {
  Network& network;
  BrokerNode& broker;
  std::vector<std::unique_ptr<ClientNode>>& clients;
  std::vector<std::unique_ptr<WorkerNode>>& workers;
};

class Faults {
 public:
  Faults(World& world, Nodes nodes) : world_{world}, nodes_{nodes} {}

  // Plans faults until `end`.
  void begin(Instant end);
  // Every node that is down comes back, and nothing goes wrong any more.
  void mend();
  // The number of faults, including those that were left out.
  std::uint64_t count() const { return plan_.count(); }

 private:
  void begin_more(double clients, double workers);
  void set_a_clock();
  void meet_a_stranger();
  void keep_doing(double per_minute, std::function<void()> what) { plan_.keep_doing(per_minute, std::move(what)); }
  Instant outage() { return plan_.outage(); }
  ClientNode& a_client() { return *plan_.random.pick(nodes_.clients); }
  WorkerNode& a_worker() { return *plan_.random.pick(nodes_.workers); }
  Line& a_line();
  template <class Node>
  void restart_later(Node& node);

  World& world_;
  Nodes nodes_;
  FaultPlan plan_{world_};
  std::vector<std::unique_ptr<Stranger>> strangers_;
};

}  // namespace forkmill::sim
