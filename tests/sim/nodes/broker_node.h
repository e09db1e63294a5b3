// BrokerNode: the broker's machine: its disk, its clock, and the broker that runs on it, crashes and comes back. A
// broker whose store fails is down for a while.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/sim/audits/audits.h"
#include "tests/sim/nodes/broker_loop.h"
#include "tests/sim/nodes/network.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

class BrokerNode {
 public:
  BrokerNode(World& world, Network& network, History& history, const ObjectHistory& objects);

  bool up() const { return loop_ != nullptr; }
  void start();
  void crash();
  // Says GOODBYE to all peers and commits everything.
  void stop();
  // Stands still until then; what arrives waits. REQUIRES: up().
  void pause(Instant until);
  void fill_memory(Instant until) {
    if (up()) loop_->fill_memory(until);
  }
  // Calls `what` once while a commit is under way: the moment that matters most for a crash.
  void at_next_commit(std::function<void()> what) { machine_.at_next_commit = std::move(what); }

  BrokerClock& clock() { return clock_; }
  Storage& storage() { return storage_; }
  // REQUIRES: up().
  const broker::Core& core() const { return loop_->core(); }

 private:
  void store_failed(const proto::Failure& failure);
  void go_down(bool orderly);
  void note(const std::string& text) { world_.trace.note(world_.now(), "broker", text); }

  World& world_;
  Network& network_;
  History& history_;
  Audits audits_;
  BrokerClock clock_{world_};
  Storage storage_{world_};
  BrokerLoop::Machine machine_{world_, network_, audits_, storage_, clock_, {}};
  std::unique_ptr<BrokerLoop> loop_;  // null: down
  std::unique_ptr<BrokerLoop> last_;  // the loop before, which may be on the stack when it goes down
  std::uint64_t starts_ = 0;
};

}  // namespace forkmill::sim
