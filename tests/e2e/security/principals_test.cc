// Peers with keys of their own against a live broker: what one principal has begun stays its own.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/client/fake_worker.h"
#include "tests/e2e/security/keyed_site.h"

namespace principals_test {

using namespace forkmill;
using namespace forkmill::tests;
using namespace std::chrono_literals;

namespace {

constexpr Task<std::string(std::string)> kEcho{"test.echo"};

}  // namespace

TEST_CASE("a session is carried on by any key of its principal, and by no key of another one") {
  const KeyedSite site;
  constexpr std::uint64_t kInstance = 4711;
  const auto hello = [](proto::SessionId resume, std::uint64_t order) {
    proto::Hello made = client_hello(kInstance, order);
    made.resume = resume;
    return made;
  };
  HandPeer alice = site.as(site.alice);
  const auto first = alice.greet(hello({}, 1));
  HandPeer mallory = site.as(site.mallory);
  const auto stolen = mallory.greet(hello(first.session, ~std::uint64_t{0}));
  CHECK_FALSE(stolen.resumed);
  CHECK_FALSE(stolen.kept);
  HandPeer next = site.as(site.alice_next);
  const auto second = next.greet(hello(first.session, 2));
  CHECK(second.resumed);
  CHECK(second.kept);
}

TEST_CASE("an idempotency key, and a task whose id is known, are their principal's own") {
  const KeyedSite site;
  FakeWorker worker{site.cluster.endpoint()};
  worker.on(kEcho, [](std::string text) { return text; });
  const auto mallory = site.client_of("mallory", site.mallory);
  const auto alice = site.client_of("alice", site.alice);
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
