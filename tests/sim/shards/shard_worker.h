// ShardWorker: the rules of a worker (worker/rules/foreman.h) in a simulated link that has a route to each shard of its
// queues (worker/link/broker_sockets.h), with simulated children.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/nodes/child_pool.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/rules/credit.h"
#include "tests/sim/shards/owners_met.h"
#include "tests/sim/shards/route.h"
#include "tests/sim/shards/shard_process.h"
#include "tests/sim/world/spin_watch.h"
#include "worker/rules/foreman.h"

namespace forkmill::sim {

class ShardWorker {
 public:
  // `endpoints`: those that the worker is given.
  ShardWorker(const ShardCluster& cluster, std::size_t number, std::vector<std::string> endpoints);

  bool up() const { return foreman_ != nullptr; }
  void start();
  // Ends the link and all children. start() begins the next life.
  void crash();
  // Ends the worker when its tasks have ended. Another life begins after a while.
  void drain();
  // The link stands still until then, or the children as well.
  void pause(Instant until, bool children_too);
  // Whether it has a session with each shard of its queues.
  bool is_open() const { return up() && foreman_->sessions().all_established(); }
  std::string name() const { return config_.name.str(); }
  // Whether it is to have a session with the shard. REQUIRES: up().
  bool serves(std::uint32_t shard) const {
    return shard <= foreman_->sessions().count() && foreman_->sessions().is_wanted(shard);
  }
  // Null: there is none.
  Line* some_line();

 private:
  void round();
  void match_sessions();
  void handle(std::uint32_t shard, Line::Event event);
  void hear(std::uint32_t shard, proto::Envelope envelope);
  // A worker tells a shard only of grants that it has from that one. Throws Violation.
  void check_holding(std::uint32_t shard, const proto::Envelope& envelope) const;
  void carry_out();
  void talk(std::uint32_t shard, const std::vector<proto::Envelope>& messages, bool reconnect,
            const proto::Moved* moved, bool is_new);
  void follow(std::uint32_t shard, const proto::Moved& moved, bool is_new);
  void note(std::string_view text) { cluster_.world.trace.note(cluster_.world.now(), config_.name.str(), text); }

  const ShardCluster cluster_;
  const std::size_t number_;
  const std::vector<std::string> endpoints_;
  worker::ForemanConfig config_;
  Pulse pulse_;
  ChildPool pool_;
  std::unique_ptr<worker::Foreman> foreman_;                 // null: down
  std::vector<std::unique_ptr<Route>> routes_;               // by shard; null: none is needed
  std::map<std::uint32_t, Credit> credit_;                   // by shard
  std::map<std::uint32_t, std::set<proto::Grant>> granted_;  // by shard, in this life
  OwnersMet owners_met_;
  SpinWatch spin_;
  bool worked_ = false;  // since the last round began
};

}  // namespace forkmill::sim
