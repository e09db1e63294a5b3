#include <doctest/doctest.h>

#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "proto/transport/errors.h"
#include "proto/transport/router.h"
#include "proto/transport/zap_authenticator.h"
#include "tests/eventually.h"
#include "tests/folder.h"

namespace zap_authenticator_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

constexpr Roles kWorker{false, true, false};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A broker's socket behind an authenticator, and what comes of one peer.
struct Site {
  explicit Site(ZapAuthenticator::Options options) : authenticator{std::move(options)}, router{&authenticator} {}

  ZapAuthenticator authenticator;
  Router router;

  struct Met {
    std::optional<Router::Incoming> message;  // none: the peer could not connect
    std::string obstacle;
  };
  // Lets the peer connect and say something. Returns when that has arrived, or when the peer knows why it cannot
  // connect.
  Met meet(Dealer& dealer) {
    Met met;
    Waiter waiter;
    for (const int fd : router.descriptors()) waiter.add(fd, 1);
    waiter.add(dealer.fd(), 2);
    const Instant end = RealEnv::steady() + 20s;
    while (RealEnv::steady() < end) {
      while (const auto event = dealer.link_event()) {
        if (*event == Dealer::LinkEvent::up) CHECK(dealer.send({{}, Heartbeat{}}));
        if (*event == Dealer::LinkEvent::stuck) {
          met.obstacle = dealer.why_stuck();
          return met;
        }
      }
      if ((met.message = router.receive())) return met;
      const bool pending = router.pending();
      if (!dealer.pending() && !pending) waiter.wait(100ms);
    }
    return met;
  }
};

struct Keys {
  KeyPair broker = make_key_pair();
  KeyPair worker = make_key_pair();
  KeyPair stranger = make_key_pair();

  ZapAuthenticator::Options options() const { return {broker, {{worker.public_key, {"mail", kWorker}}}}; }
  CurveKeys of(const KeyPair& own) const { return {broker.public_key, own}; }
};

constexpr const char* kAnyPort = "tcp://127.0.0.1:*";

}  // namespace

TEST_CASE_FIXTURE(Keys, "a peer with an authorized key connects, and each message has its principal") {
  Site site{options()};
  const auto endpoint = site.router.bind(kAnyPort);
  Dealer dealer{endpoint, look_up, of(worker)};
  for (int i = 0; i < 2; ++i) {
    const auto met = site.meet(dealer);
    REQUIRE(met.message.has_value());
    CHECK(site.authenticator.principal(met.message->principal).name == "mail");
    CHECK(site.authenticator.principal(met.message->principal).roles == kWorker);
    CHECK(principal_of(met.message->peer) == met.message->principal);
    CHECK(site.router.send(met.message->peer, {{}, Heartbeat{}}));
    CHECK(dealer.send({{}, Heartbeat{}}));
  }
  CHECK(site.authenticator.take_refusals().empty());
}

TEST_CASE_FIXTURE(Keys,
                  "a peer with an invitation connects as that and nothing else, as long as there is the invitation") {
  Site site{options()};
  site.authenticator.invite({stranger.public_key});
  const auto endpoint = site.router.bind(kAnyPort);
  Dealer dealer{endpoint, look_up, of(stranger)};
  const auto met = site.meet(dealer);
  REQUIRE(met.message.has_value());
  const Principal& principal = site.authenticator.principal(met.message->principal);
  CHECK(principal.invitation == to_string(stranger.public_key));
  CHECK(principal.roles == Roles{});
  site.authenticator.replace({});
  CHECK_FALSE(principal.is_removed);
  site.authenticator.invite({});
  CHECK(principal.is_removed);
  Dealer late{endpoint, look_up, of(stranger)};
  CHECK(contains(site.meet(late).obstacle, "does not accept the public key"));
  CHECK(late.is_refused());
  CHECK_FALSE(dealer.is_refused());
}

TEST_CASE_FIXTURE(Keys, "a peer whose key is not authorized is told so, and the broker says which key it was") {
  Site site{options()};
  Dealer dealer{site.router.bind(kAnyPort), look_up, of(stranger)};
  const auto met = site.meet(dealer);
  CHECK_FALSE(met.message.has_value());
  CHECK(contains(met.obstacle, "does not accept the public key " + to_string(stranger.public_key)));
  CHECK(contains(met.obstacle, "--authorized-keys"));
  const auto line = site.authenticator.take_refusals();
  CHECK(contains(line, "refused 1 connection: 127.0.0.1 has the public key " + to_string(stranger.public_key)));
  CHECK(contains(line, "SIGHUP"));
  CHECK(site.authenticator.take_refusals().empty());
}

TEST_CASE_FIXTURE(Keys, "a peer without a key, or with another broker's public key, is told so on both sides") {
  Site site{options()};
  const auto endpoint = site.router.bind(kAnyPort);
  Dealer plain{endpoint};
  CHECK(contains(site.meet(plain).obstacle, "the broker requires keys"));
  Dealer lost{endpoint, look_up, CurveKeys{stranger.public_key, worker}};
  const auto met = site.meet(lost);
  CHECK_FALSE(met.message.has_value());
  CHECK(contains(met.obstacle, "its public key is probably not " + to_string(stranger.public_key)));
  site.router.pending();
  CHECK(contains(site.authenticator.take_refusals(), "did not use CURVE, or not the public key of this broker"));
}

TEST_CASE_FIXTURE(Keys, "a peer with keys leaves a broker without a key") {
  Site site{{.key = std::nullopt, .open_to_all = true}};
  Dealer dealer{site.router.bind(kAnyPort), look_up, of(worker)};
  const auto met = site.meet(dealer);
  CHECK_FALSE(met.message.has_value());
  CHECK(contains(met.obstacle, "cannot prove who it is"));
  std::string refused;
  CHECK(forkmill::tests::eventually([&] {
    while (dealer.link_event()) continue;  // the peer tries again
    site.router.pending();
    refused += site.authenticator.take_refusals();
    return contains(refused, "this broker has none (--server-key)");
  }));
}

TEST_CASE("TCP peers without keys are accepted only by a broker that is open to all") {
  {
    Site site{{.key = std::nullopt, .open_to_all = true}};
    Dealer dealer{site.router.bind(kAnyPort)};
    const auto met = site.meet(dealer);
    REQUIRE(met.message.has_value());
    CHECK(site.authenticator.principal(met.message->principal).name == "anyone");
  }
  Site site{{.key = std::nullopt}};
  Dealer dealer{site.router.bind(kAnyPort)};
  CHECK(contains(site.meet(dealer).obstacle, "refuses peers without keys"));
}

TEST_CASE_FIXTURE(Keys, "the principal of a socket's peer is its user, who needs no key") {
  const forkmill::tests::Folder folder;
  Site site{options()};
  site.router.bind(kAnyPort);
  Dealer dealer{site.router.bind("ipc://" + folder.path("socket"))};
  const auto met = site.meet(dealer);
  REQUIRE(met.message.has_value());
  CHECK(site.authenticator.principal(met.message->principal).name == "uid:" + std::to_string(::geteuid()));
  CHECK(site.authenticator.principal(met.message->principal).roles == Roles{true, true, true});
}

TEST_CASE_FIXTURE(Keys, "a removed key marks its principal, a new one is accepted at once, and roles follow the file") {
  Site site{options()};
  const auto endpoint = site.router.bind(kAnyPort);
  Dealer first{endpoint, look_up, of(worker)};
  const auto before = site.meet(first);
  REQUIRE(before.message.has_value());

  const Roles both{true, true, false};
  site.authenticator.replace({{worker.public_key, {"mail", both}}});
  CHECK(site.authenticator.principal(before.message->principal).roles == both);
  CHECK_FALSE(site.authenticator.principal(before.message->principal).is_removed);

  site.authenticator.replace({{stranger.public_key, {"mail", kWorker}}});
  CHECK(site.authenticator.principal(before.message->principal).is_removed);
  Dealer second{endpoint, look_up, of(stranger)};
  const auto after = site.meet(second);
  REQUIRE(after.message.has_value());
  CHECK(after.message->principal != before.message->principal);
  CHECK_FALSE(site.authenticator.principal(after.message->principal).is_removed);
  Dealer third{endpoint, look_up, of(worker)};
  CHECK(contains(site.meet(third).obstacle, "does not accept the public key"));
}

TEST_CASE_FIXTURE(Keys, "a peer that was refused connects when its key has been authorized") {
  Site site{options()};
  Dealer dealer{site.router.bind(kAnyPort), look_up, of(stranger)};
  REQUIRE_FALSE(site.meet(dealer).message.has_value());
  site.authenticator.replace({{stranger.public_key, {"late", kWorker}}});
  const auto met = site.meet(dealer);
  REQUIRE(met.message.has_value());
  CHECK(site.authenticator.principal(met.message->principal).name == "late");
}

TEST_CASE("a process has one authenticator") {
  const ZapAuthenticator authenticator{{}};
  CHECK_THROWS_AS(ZapAuthenticator{ZapAuthenticator::Options{}}, TransportError);
}

}  // namespace zap_authenticator_test
