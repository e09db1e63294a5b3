// ShardOrders: what operators order about the shards of a cluster, in the database: which broker is to own a shard, and
// which is to own none. The brokers carry it out, each for itself, by the rules of division.h. One thread owns it.
#pragma once

#include <memory>

#include "broker/store/cluster_view.h"
#include "broker/store/postgres/ownership.h"
#include "broker/store/postgres/server_session.h"
#include "broker/store/requests.h"
#include "proto/result.h"
#include "proto/status.h"

namespace forkmill::broker {

// Fail, with what to do, for an order that the brokers could not carry out. Pure.
proto::Status check_order(const ClusterView& view, const proto::MoveShard& order);
proto::Status check_order(const ClusterView& view, const proto::DrainBroker& order);

class ShardOrders {
 public:
  // `store`: how to reach the database.
  explicit ShardOrders(PostgresOptions store) : store_{std::move(store)} {}

  // Writes the order of the request, if it has one, and returns how the shards are divided then. Blocks for some
  // seconds at most. Fails for an order that cannot be carried out, and if the server does not answer.
  proto::Result<ClusterView> handle(const ClusterRequest& request);

 private:
  // Throws what the session throws, which is gone then.
  proto::Result<ClusterView> try_to_handle(const ClusterRequest& request);
  proto::Result<ClusterView> handle_on(ServerSession& server, const ClusterRequest& request);

  const PostgresOptions store_;
  const Patience patience_{kLease};
  std::unique_ptr<ServerSession>
      server_;  // another one than the store's, which may be in a transaction; null: none yet
};

}  // namespace forkmill::broker
