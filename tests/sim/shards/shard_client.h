// ShardClient: a client of a cluster with several shards, in a simulated engine that has a route to each shard, and its
// users.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/nodes/client_engine.h"
#include "tests/sim/shards/owners_met.h"
#include "tests/sim/shards/route.h"
#include "tests/sim/shards/shard_process.h"
#include "tests/sim/shards/shard_user.h"

namespace forkmill::sim {

class ShardClient final : private ClientEngine::Program {
 public:
  // `endpoints`: those that the client is given.
  ShardClient(const ShardCluster& cluster, Workload& workload, std::string name, std::vector<std::string> endpoints);

  bool up() const { return engine_.up(); }
  void start();
  // Ends the client, with its futures. start() begins its next life.
  void crash();
  void pause(Instant until) { engine_.pause(until); }
  // The user does something.
  void act();

  const ShardUser& user() const { return user_; }
  // Whether all that it has asked has ended.
  bool is_done() const { return user_.is_done() && locks_.is_done(); }
  // Whether it has a session with each shard that it needs.
  bool is_open() const { return up() && engine_.sessions().open(); }
  // Null: there is none.
  Line* some_line();

 private:
  std::unique_ptr<Way> connect(std::uint32_t shard) override;
  void welcomed(std::uint32_t shard, const proto::Welcome& welcome, bool stays) override;
  void hears(const client::Effects& effects, proto::SessionId latest) override;

  const ShardCluster cluster_;
  const std::string name_;
  const std::vector<std::string> endpoints_;
  ClientEngine engine_;
  ShardUser user_;
  LockUser locks_;
  OwnersMet owners_met_;
};

}  // namespace forkmill::sim
