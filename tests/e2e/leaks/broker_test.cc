// A thousand clients and a thousand workers come to one broker and go: in order, cut off in the middle of things, and
// killed. What they had of it is free again, and its memory levels off.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <sys/wait.h>

#include <map>
#include <msgpack.hpp>

#include "proto/wire/codec.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/fuzz/live/raw_peer.h"
#include "tests/weight.h"

using namespace forkmill;
using namespace std::chrono_literals;
using fuzz::RawPeer;
using test::Cluster;
using tests::eventually;
using tests::weigh;
using tests::Weight;

namespace {

constexpr int kVisits = 1000;
constexpr std::size_t kMoreKib = 3 * 1024;  // in the second half of them

struct Sessions {
  std::uint64_t clients = 0;
  std::uint64_t workers = 0;
  friend bool operator==(const Sessions&, const Sessions&) = default;
};

// A broker with a short session timeout, and a client that asks for its status.
struct Host {
  Host() { client.query(QueryKind::ping).get_for(60s); }

  Sessions sessions() {
    const auto body = client.query(QueryKind::status).get_for(60s).bytes;
    const auto handle = msgpack::unpack(body.data(), body.size());
    const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
    return {map.at("clients").as<std::uint64_t>(), map.at("workers").as<std::uint64_t>()};
  }
  Weight weight() { return weigh(cluster.broker().pid()); }
  // Waits until every other peer and all that belonged to it is gone.
  Weight calm_weight(const Weight& before) {
    CHECK(eventually([&] { return sessions() == Sessions{1, 0}; }));
    Weight now;
    const bool calm = eventually([&] {
      now = weight();
      return now.descriptors <= before.descriptors && now.threads <= before.threads;
    });
    CAPTURE(before);
    CAPTURE(now);
    CHECK(calm);
    return now;
  }

  Cluster cluster{{"--memory", "--heartbeat", "100ms", "--session-timeout", "500ms", "--log-level", "error"}};
  Client client{cluster.endpoint()};
};

// Half of the visits, and again as many: what the broker needs by then is all that it will ever need.
template <class Visit>
void come_and_go(Visit&& visit) {
  Host host;
  constexpr int kWarmUp = 20;
  for (int i = 0; i < kWarmUp; ++i) visit(host.cluster, i);
  CHECK(eventually([&] { return host.sessions() == Sessions{1, 0}; }));
  const Weight begin = host.weight();
  for (int i = 0; i < kVisits / 2; ++i) visit(host.cluster, i);
  const Weight half = host.calm_weight(begin);
  for (int i = kVisits / 2; i < kVisits; ++i) visit(host.cluster, i);
  const Weight end = host.calm_weight(begin);
  MESSAGE("at first ", begin, "; after half ", half, "; after all ", end);
  CHECK(end.resident_kib <= half.resident_kib + kMoreKib);
}

std::string bytes_of(const proto::Envelope& envelope) { return proto::encode(envelope).envelope; }

// Says HELLO, gives credit or asks something, and says GOODBYE or nothing more.
void visit_by_hand(const Cluster& cluster, proto::Role role, bool in_order) {
  RawPeer peer{cluster.endpoint()};
  REQUIRE(peer.shake_hands());
  proto::Hello hello;
  hello.role = role;
  hello.name = "visitor";
  if (role == proto::Role::worker) hello.worker = {{"visited"}, {{"visit", "void()"}}, 2, {}, {}, 1};
  peer.say({bytes_of({{}, hello})});
  const auto heard = peer.hear();
  REQUIRE(heard);
  const auto read = proto::decode(heard->front());
  REQUIRE(read.ok());
  const auto* welcome = std::get_if<proto::Welcome>(&read->message);
  REQUIRE(welcome != nullptr);
  const auto say = [&](std::uint64_t number, proto::Message message) {
    peer.say({bytes_of({{welcome->session, proto::MessageSeq{number}}, std::move(message)})});
  };
  if (role == proto::Role::worker) {
    say(1, proto::Credit{4});
  } else {
    proto::Operate operate;
    proto::Operation& open = operate.operations.emplace_back();
    open.number = 1;
    open.spec = proto::ObjectSpec{"visitors", proto::ObjectKind::lock};
    say(1, std::move(operate));
  }
  if (in_order) say(2, proto::Goodbye{Errc::ok, "done"});
  // The answer shows that the broker has read all earlier messages before the connection closes.
  say(3, proto::Heartbeat{});
  peer.hear();
}

void kill_a_client(const Cluster& cluster) {
  const std::string log = cluster.path("peer.log");
  test::Process peer{{PEER_PROGRAM, cluster.endpoint(), "wait"}, log};
  REQUIRE(eventually([&] { return cluster.contents("peer.log").find("answered") != std::string::npos; }));
  peer.signal(SIGKILL);
  REQUIRE(peer.wait());
  std::filesystem::remove(log);
}

void end_a_worker(Cluster& cluster, Client& client, int signal) {
  auto& worker = cluster.start_worker();
  const auto served = [&] {
    return client.query(QueryKind::workers).get_for(60s).bytes.find("host") != std::string::npos;
  };
  REQUIRE(eventually(served));
  worker.signal(signal);
  REQUIRE(worker.wait());
}

}  // namespace

TEST_CASE("a thousand clients that close, lose their connection or are killed leave nothing in the broker") {
  come_and_go([](Cluster& cluster, int i) {
    switch (i % 5) {
      case 0:
      case 1: {
        Client client{cluster.endpoint()};
        client.query(QueryKind::ping).get_for(60s);
        break;
      }
      case 2:
        visit_by_hand(cluster, proto::Role::client, true);
        break;
      case 3:
        visit_by_hand(cluster, proto::Role::client, false);
        break;
      default:
        kill_a_client(cluster);
    }
  });
}

TEST_CASE("a thousand workers that drain, lose their connection or are killed leave nothing in the broker") {
  come_and_go([](Cluster& cluster, int i) {
    constexpr int kRealOnes = 25;
    if (i % kRealOnes != 0) return visit_by_hand(cluster, proto::Role::worker, i % 2 == 0);
    Client client{cluster.endpoint()};
    end_a_worker(cluster, client, i % (2 * kRealOnes) == 0 ? SIGTERM : SIGKILL);
  });
}
