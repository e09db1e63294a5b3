// Peers with keys of their own against a live broker: what one principal has begun stays its own.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <fstream>
#include <memory>
#include <optional>

#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "tests/e2e/client/broker_process.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/eventually.h"
#include "tests/folder.h"

namespace principals_test {

using namespace forkmill;
using namespace forkmill::tests;
using namespace std::chrono_literals;

namespace {

// A broker on TCP that knows two principals: alice, who has two keys, and mallory.
struct Keyed {
  Keyed() {
    REQUIRE(proto::write_key_pair(folder.path("broker.key"), own).ok());
    std::ofstream{folder.path("authorized_keys")} << "alice client " << to_string(alice.public_key) << "\nalice client "
                                                  << to_string(alice_next.public_key) << "\nmallory client "
                                                  << to_string(mallory.public_key) << "\n";
    broker.emplace(std::vector<std::string>{"--listen", "tcp://127.0.0.1:*", "--announce", folder.path("endpoints"),
                                            "--server-key", folder.path("broker.key"), "--authorized-keys",
                                            folder.path("authorized_keys")});
    REQUIRE(eventually([&] { return folder.has("endpoints"); }));
    const std::string endpoints = folder.read("endpoints");
    const auto tcp = endpoints.find("tcp://");
    endpoint = endpoints.substr(tcp, endpoints.find('\n', tcp) - tcp);
  }

  Folder folder;
  proto::KeyPair own = proto::make_key_pair();
  proto::KeyPair alice = proto::make_key_pair();
  proto::KeyPair alice_next = proto::make_key_pair();
  proto::KeyPair mallory = proto::make_key_pair();
  std::optional<BrokerProcess> broker;
  std::string endpoint;
};

// A client that speaks the protocol by hand.
class KeyedClient {
 public:
  KeyedClient(const Keyed& site, const proto::KeyPair& key)
      : dealer_{site.endpoint, proto::look_up, proto::CurveKeys{site.own.public_key, key}} {}

  // Says HELLO and returns the WELCOME.
  proto::Welcome greet(proto::SessionId resume, std::uint64_t order) {
    proto::Hello hello;
    hello.name = "client";
    hello.instance = 4711;
    hello.resume = resume;
    hello.order = order;
    std::optional<proto::Welcome> welcome;
    REQUIRE(eventually([&] {
      while (const auto event = dealer_.link_event())
        if (*event == proto::Dealer::LinkEvent::up) CHECK(dealer_.send({{}, hello}));
      while (const auto message = dealer_.receive()) {
        REQUIRE(message->ok());
        if (const auto* answer = std::get_if<proto::Welcome>(&message->value().message)) welcome = *answer;
      }
      static_cast<void>(dealer_.pending());
      return welcome.has_value();
    }));
    return *welcome;
  }

 private:
  proto::Dealer dealer_;
};

// A client of the library with the key of a principal.
std::unique_ptr<Client> client_of(const Keyed& site, const std::string& name, const proto::KeyPair& key) {
  const std::string file = site.folder.path(name + ".key");
  REQUIRE(proto::write_key_pair(file, key).ok());
  return std::make_unique<Client>(
      ClientOptions{.endpoint = site.endpoint, .server_public_key = site.folder.path("broker.key.pub"), .key = file});
}

constexpr Task<std::string(std::string)> kEcho{"test.echo"};

}  // namespace

TEST_CASE("a session is carried on by any key of its principal, and by no key of another one") {
  const Keyed site;
  KeyedClient alice{site, site.alice};
  const auto first = alice.greet({}, 1);
  KeyedClient mallory{site, site.mallory};
  const auto stolen = mallory.greet(first.session, ~std::uint64_t{0});
  CHECK_FALSE(stolen.resumed);
  CHECK_FALSE(stolen.kept);
  KeyedClient next{site, site.alice_next};
  const auto second = next.greet(first.session, 2);
  CHECK(second.resumed);
  CHECK(second.kept);
}

TEST_CASE("an idempotency key, and a task whose id is known, are their principal's own") {
  const Keyed site;
  FakeWorker worker{site.broker->endpoint()};
  worker.on(kEcho, [](std::string text) { return text; });
  const auto mallory = client_of(site, "mallory", site.mallory);
  const auto alice = client_of(site, "alice", site.alice);
  // Mallory is the first one to use the key that alice will use.
  auto taken = mallory->with({.key = "order-1"}).submit(kEcho, "of mallory");
  auto own = alice->with({.key = "order-1"}).submit(kEcho, "of alice");
  worker.start();
  CHECK(own.get_for(30s) == "of alice");
  CHECK(taken.get_for(30s) == "of mallory");
  CHECK(alice->attach(kEcho, own.id()).get_for(30s) == "of alice");
  // The id comes of the key, so that each of the two has a task by it.
  CHECK(mallory->attach(kEcho, own.id()).get_for(30s) == "of mallory");
  CHECK(worker.executed() == 2);
  auto keyless = alice->submit(kEcho, "for alice alone");
  CHECK(keyless.get_for(30s) == "for alice alone");
  CHECK_THROWS_AS(mallory->attach(kEcho, keyless.id()).get_for(30s), Rejected);
}

}  // namespace principals_test
