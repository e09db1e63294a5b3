// ShardProcess: the process of a broker for one shard: stands by until the shard is free and this broker is the one to
// take it, serves it, and gives it up. Two processes may serve a shard for a while, of which only the later one
// commits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/cluster/division.h"
#include "tests/sim/audits/audits.h"
#include "tests/sim/nodes/broker_loop.h"
#include "tests/sim/nodes/core_meter.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/shards/addresses.h"
#include "tests/sim/shards/lock_user.h"
#include "tests/sim/shards/routing.h"
#include "tests/sim/shards/shard_table.h"

namespace forkmill::sim {

// ShardCluster: what all nodes of a cluster with several shards share.
struct ShardCluster {
  World& world;
  ShardTable& table;
  Addresses& addresses;
  History& history;
  const ObjectHistory& objects;
  Routing& routing;
  LockBook& locks;
  CoreMeter& meter;
};

class ShardProcess {
 public:
  ShardProcess(const ShardCluster& cluster, std::string broker, std::uint32_t shard);

  // Begins to stand by.
  void start();
  // Ends, in order or not. Only after an end in order others need not wait for the lease.
  void stop();
  void crash();
  // Dies, and is started again after that time by its broker, if that has not ended meanwhile.
  void die_for(Instant pause);
  // Stands still until then; what arrives waits.
  void pause(Instant until);
  // Does not renew its lease until then, and takes nothing over.
  void lose_lease(Instant until) { blind_until_ = std::max(blind_until_, until); }
  // Does not reach the database until then: the same, and nothing is committed. The process does not notice if it is
  // deposed, and goes on with its peers.
  void cut_off(Instant until);
  // Calls `what` once while a commit is under way. REQUIRES: serves().
  void at_next_commit(std::function<void()> what) const { life_->machine->at_next_commit = std::move(what); }

  // Whether this process serves the shard, also if another one has taken it over.
  bool serves() const { return life_ != nullptr; }
  // REQUIRES: serves().
  const broker::Core& core() const { return life_->loop->core(); }

 private:
  // The time in which the process serves the shard.
  struct Life {
    explicit Life(const ShardCluster& cluster, std::unique_ptr<broker::Store> store)
        : storage{cluster.world, std::move(store)}, audits{cluster.world, cluster.history, cluster.objects} {}
    Storage storage;
    Audits audits;
    std::unique_ptr<BrokerLoop::Machine> machine{};
    std::unique_ptr<BrokerLoop> loop{};
    proto::Epoch epoch{};
  };
  void look();
  void take_over();
  void ends_round(const broker::Core& core);
  void failed(const proto::Failure& failure);
  void go_down(const std::string& how);
  void start_after(Instant pause);
  void note(const std::string& text) { cluster_.world.trace.note(cluster_.world.now(), address_, text); }

  const ShardCluster cluster_;
  const std::string broker_;
  const std::uint32_t shard_;
  const std::string address_;
  Network& network_;
  BrokerClock clock_;
  broker::Turn turn_;
  std::unique_ptr<Life> life_;  // null: stands by, or is down
  std::unique_ptr<Life> last_;  // the one before, which may be on the stack when it ends
  std::uint64_t starts_ = 0;    // counts also ends: events of earlier lives do nothing
  bool runs_ = false;
  Instant still_until_{0};
  Instant blind_until_{0};
};

}  // namespace forkmill::sim
