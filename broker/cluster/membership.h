// Membership: a broker of a cluster with several shards, in the database: says that the broker lives, and reads who
// else does and who owns which shard. One thread owns it.
#pragma once

#include <memory>
#include <string>

#include "broker/cluster/division.h"
#include "broker/cluster/shard_map.h"
#include "broker/store/postgres/ownership.h"
#include "broker/store/postgres/server_session.h"

namespace forkmill::broker {

// Reads the brokers, and who owns which shard.
ClusterView read_view(ServerSession& server);

class Membership {
 public:
  // `store`: how to reach the database; its `owner` names this process. `name`: that of the broker, which no other
  // broker of the cluster may have.
  Membership(PostgresOptions store, std::string name);

  struct News {
    ClusterView view;
    ShardMap map;
  };
  // Says that the broker lives, for the time of a lease, and returns what is known of the cluster. Throws Interrupted
  // if the server cannot be reached, after which the next call connects again; StoreError if the server cannot be used,
  // and NameTaken.
  News look();
  // Another process that lives has the name of the broker.
  struct NameTaken : StoreError {
    using StoreError::StoreError;
  };
  // Says that the broker does not live any longer, if the server can be reached.
  void leave();

 private:
  void connect();
  void announce();

  const PostgresOptions store_;
  const std::string name_;
  const Patience patience_{kLease};
  std::unique_ptr<ServerSession> server_;
};

}  // namespace forkmill::broker
