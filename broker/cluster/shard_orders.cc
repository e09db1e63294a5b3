#include "broker/cluster/shard_orders.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "broker/cluster/division.h"
#include "broker/cluster/membership.h"
#include "broker/store/postgres/shard.h"

namespace forkmill::broker {

namespace {

const LiveBroker* find(const ClusterView& view, const std::string& name) {
  const auto found = std::ranges::find(view.brokers, name, &LiveBroker::name);
  return found == view.brokers.end() ? nullptr : &*found;
}

proto::Failure no_such_broker(const ClusterView& view, const std::string& name) {
  if (std::ranges::find(view.dead, name) != view.dead.end())
    return {Errc::bad_request,
            "broker " + name + " is dead: start it again, or name one that lives (forkmill shard ls)"};
  std::string names;
  for (const LiveBroker& broker : view.brokers) names += (names.empty() ? "" : ", ") + broker.name;
  return {Errc::bad_request, "this cluster has no broker " + name + "; those that live are " + names};
}

proto::Failure not_answered(const std::exception& error) {
  return {Errc::database_unavailable, std::string{"the database has not answered: "} + error.what()};
}

// A broker that has been started again since does not drain any more.
std::string draining() {
  return "UPDATE forkmill.broker SET draining = $2::bigint <> 0 WHERE name = $1::text AND " +
         lease_lasts("lease_until") + " RETURNING 1::bigint";
}
constexpr const char* kPlace =
    "INSERT INTO forkmill.placement (shard, broker) VALUES ($1::bigint::integer, $2::text)"
    " ON CONFLICT (shard) DO UPDATE SET broker = excluded.broker";
constexpr const char* kUnplace = "DELETE FROM forkmill.placement WHERE shard = $1::bigint::integer";

// Writes an order that was checked.
struct Writer {
  ServerSession& server;

  void operator()(const proto::MoveShard& order) const {
    Parameters parameters;
    parameters.number(order.shard);
    if (order.broker.empty())
      server.run(kUnplace, parameters);
    else
      server.run(kPlace, parameters.bytes(order.broker));
  }
  void operator()(const proto::DrainBroker& order) const {
    server.run(draining(), Parameters{}.bytes(order.broker).number(order.undo ? 0 : 1));
  }
};

}  // namespace

proto::Status check_order(const ClusterView& view, const proto::MoveShard& order) {
  if (order.shard < 1 || order.shard > view.shards.size()) {
    return {Errc::bad_request, "this cluster has the shards 1 to " + std::to_string(view.shards.size()) +
                                   ", and no shard " + std::to_string(order.shard)};
  }
  if (order.broker.empty()) return {};
  const LiveBroker* broker = find(view, order.broker);
  if (broker == nullptr) return no_such_broker(view, order.broker);
  if (!broker->is_draining) return {};
  return {Errc::bad_request, "broker " + order.broker + " is draining: undo that first (forkmill shard drain --undo " +
                                 order.broker + "), or name another broker"};
}

proto::Status check_order(const ClusterView& view, const proto::DrainBroker& order) {
  if (find(view, order.broker) == nullptr) return no_such_broker(view, order.broker);
  const auto can_take = [&](const LiveBroker& other) { return other.name != order.broker && !other.is_draining; };
  if (order.undo || std::ranges::any_of(view.brokers, can_take)) return {};
  return {Errc::bad_request,
          "no other broker could take the shards of " + order.broker + ": start one, or undo the draining of another"};
}

proto::Result<ClusterView> ShardOrders::handle_on(ServerSession& server, const ClusterRequest& request) {
  ClusterView view = read_view(server);
  const auto carry_out = [&](const auto& order) -> proto::Status {
    if (auto status = check_order(view, order); !status.ok()) return status;
    Writer{server}(order);
    // A server that was told to stop waiting for its standby reports success, with a warning.
    if (const auto warning = server.take_warning(); !warning.empty()) throw StoreError{warning};
    view = read_view(server);
    return {};
  };
  proto::Status status;
  if (const auto* move = std::get_if<proto::MoveShard>(&request.change)) status = carry_out(*move);
  if (const auto* drain = std::get_if<proto::DrainBroker>(&request.change)) status = carry_out(*drain);
  if (!status.ok()) return status.failure();
  const auto chosen = choose_owners(view);
  for (OwnedShard& shard : view.shards)
    if (const auto its = chosen.find(shard.number); its != chosen.end()) shard.chosen = its->second;
  return view;
}

// A session that has rested may have ended meanwhile, as after a failover: another one is made then. An order that is
// written twice changes nothing the second time.
proto::Result<ClusterView> ShardOrders::handle(const ClusterRequest& request) {
  const bool has_rested = server_ != nullptr;
  try {
    return try_to_handle(request);
  } catch (const Interrupted& error) {
    return has_rested ? handle(request) : not_answered(error);
  } catch (const std::exception& error) {
    return not_answered(error);
  }
}

proto::Result<ClusterView> ShardOrders::try_to_handle(const ClusterRequest& request) {
  try {
    if (server_ == nullptr)
      server_ = open_session(store_.surroundings.connect, store_.address, patience_, {store_.safety});
    return handle_on(*server_, request);
  } catch (...) {
    server_.reset();
    throw;
  }
}

}  // namespace forkmill::broker
