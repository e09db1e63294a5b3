// ShardClient: a client of a cluster with several shards: its sessions (client/shards/sessions.h), in an engine that
// has a route to each shard (client/engine/connection.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/shards/sessions.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/shards/owners_met.h"
#include "tests/sim/shards/route.h"
#include "tests/sim/shards/shard_process.h"
#include "tests/sim/shards/shard_user.h"
#include "tests/sim/world/spin_watch.h"

namespace forkmill::sim {

class ShardClient {
 public:
  // `endpoints`: those that the client is given.
  ShardClient(const ShardCluster& cluster, Workload& workload, std::string name, std::vector<std::string> endpoints);

  bool up() const { return sessions_ != nullptr; }
  void start();
  // Ends the client, with its futures. start() begins its next life.
  void crash();
  void pause(Instant until);
  // The user does something.
  void act();

  const ShardUser& user() const { return user_; }
  // Whether all that it has asked has ended.
  bool is_done() const { return user_.is_done() && locks_.is_done(); }
  // Whether it has a session with each shard that it needs.
  bool is_open() const { return up() && sessions_->open(); }
  // Null: there is none.
  Line* some_line();

 private:
  void round();
  void make_missing();
  void handle(std::uint32_t shard, Line::Event event);
  void hear(std::uint32_t shard, proto::Envelope envelope);
  // Carries out what each session wants done. Returns whether something was sent.
  bool carry_out();
  bool carry_out(std::uint32_t shard);
  void follow(std::uint32_t shard, const proto::Moved& moved, bool is_new);
  void reconnect(std::uint32_t shard);
  void note(std::string_view text) { cluster_.world.trace.note(cluster_.world.now(), name_, text); }

  const ShardCluster cluster_;
  const std::string name_;
  const std::vector<std::string> endpoints_;
  Pulse pulse_;
  ShardUser user_;
  LockUser locks_;
  SpinWatch spin_;
  std::unique_ptr<client::Sessions> sessions_;          // null: down
  std::vector<std::unique_ptr<Route>> routes_;          // by shard; null: there is no session
  std::map<std::uint32_t, proto::SessionId> heard_in_;  // by shard: the session of the latest message
  OwnersMet owners_met_;
};

}  // namespace forkmill::sim
