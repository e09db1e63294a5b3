// Orders of operators about the shards of a cluster: which are carried out, and which are refused.
#include "broker/cluster/shard_orders.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "broker/cluster/division.h"

namespace shard_orders_test {

using namespace forkmill;
using namespace forkmill::broker;
using proto::DrainBroker;
using proto::MoveShard;

namespace {

ClusterView view_of_two() {
  ClusterView view;
  view.brokers = {{"tcp://a:1"}, {"tcp://b:1"}};
  view.shards = {{1, "tcp://a:1", ""}, {2, "tcp://b:1", ""}};
  view.dead = {"tcp://c:1"};
  return view;
}

template <class Order>
std::string refusal(const ClusterView& view, const Order& order) {
  const auto status = check_order(view, order);
  if (status.ok()) return "";
  CHECK(status.code() == Errc::bad_request);
  return status.failure().text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a shard is moved to a broker that lives and does not drain, and nowhere else") {
  ClusterView view = view_of_two();
  CHECK(refusal(view, MoveShard{1, "tcp://b:1"}).empty());
  CHECK(refusal(view, MoveShard{1, "tcp://a:1"}).empty());  // where it is: it stays
  CHECK(has(refusal(view, MoveShard{3, "tcp://b:1"}), "the shards 1 to 2, and no shard 3"));
  CHECK(has(refusal(view, MoveShard{0, ""}), "no shard 0"));
  CHECK(has(refusal(view, MoveShard{1, "tcp://x:1"}), "no broker tcp://x:1; those that live are tcp://a:1, tcp://b:1"));
  CHECK(has(refusal(view, MoveShard{1, "tcp://c:1"}), "broker tcp://c:1 is dead"));
  view.brokers[1].is_draining = true;
  CHECK(has(refusal(view, MoveShard{1, "tcp://b:1"}), "is draining: undo that first"));
  CHECK(refusal(view, MoveShard{1, ""}).empty());
}

TEST_CASE("a broker is drained only while another one can take its shards, and may always be undone") {
  ClusterView view = view_of_two();
  CHECK(refusal(view, DrainBroker{"tcp://a:1"}).empty());
  CHECK(has(refusal(view, DrainBroker{"tcp://x:1"}), "no broker tcp://x:1"));
  CHECK(has(refusal(view, DrainBroker{"tcp://c:1", true}), "is dead"));
  view.brokers[1].is_draining = true;
  CHECK(has(refusal(view, DrainBroker{"tcp://a:1"}), "no other broker could take the shards of tcp://a:1"));
  CHECK(refusal(view, DrainBroker{"tcp://b:1"}).empty());  // drains already
  CHECK(refusal(view, DrainBroker{"tcp://b:1", true}).empty());
  view.brokers.pop_back();
  CHECK(has(refusal(view, DrainBroker{"tcp://a:1"}), "no other broker"));
}

TEST_CASE("an order that the database does not answer says so, and can be given again") {
  int connections = 0;
  PostgresOptions options;
  options.surroundings.connect = [&](const auto&...) -> std::unique_ptr<ServerSession> {
    ++connections;
    throw Interrupted{"connection refused"};
  };
  ShardOrders orders{options};
  for (int i = 1; i <= 2; ++i) {
    const auto view = orders.handle(ClusterRequest{MoveShard{1, "tcp://b:1"}});
    REQUIRE_FALSE(view.ok());
    CHECK(view.failure().code == Errc::database_unavailable);
    CHECK(view.failure().text == "the database has not answered: connection refused");
    CHECK(connections == i);
  }
}

}  // namespace shard_orders_test
