// Quotas: how much a principal may have at the broker, and that all of it is given back.
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test {

namespace {

const Owner& owner(Principals& site, std::string_view name) {
  for (const Owner& one : site.broker.core().state().tasks.owners.all())
    if (one.name == name) return one;
  FAIL("no such owner");
  std::abort();
}

Operation open_lock(std::uint64_t number, std::string name, Durability durability = Durability::memory) {
  Operation operation;
  operation.number = number;
  operation.verb = Verb::open;
  operation.spec = ObjectSpec{std::move(name), ObjectKind::lock, 0, 0, 0, 0, durability};
  return operation;
}

OperationAnswer operate(Principals& site, const Broker::Peer& peer, Operation operation) {
  site.broker.send(peer, Operate{0, {std::move(operation)}});
  return site.broker.take<Operated>(peer).at(0).answers.at(0);
}

}  // namespace

TEST_CASE("a principal has as many tasks as its quota, through all its clients, and others are not concerned") {
  Principals site;
  site.alice.quotas.tasks = 2;
  const auto first = site.client(Principals::kAlice);
  const auto second = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  site.broker.submit(first, {task(1)});
  site.broker.submit(second, {task(2)});
  const auto rejected = site.broker.submit_rejected(first, task(3));
  CHECK(rejected.code == Errc::quota_exceeded);
  CHECK(rejected.text ==
        "alice has 2 unfinished tasks, and the quota max-queued=2 of its line in --authorized-keys of the broker");
  CHECK(site.broker.core().state().totals.refused.count == 1);
  site.broker.submit(bob, {task(4)});
  CHECK(site.broker.core().state().tasks.size() == 3);
  site.broker.submit(first, {task(1)});  // a repeat takes no room
  CHECK(site.broker.take<SubmitAck>(first).back().rejected.empty());
}

TEST_CASE("a principal has as many bytes of tasks as its quota; a task that can never fit says so") {
  Principals site;
  site.alice.quotas.task_bytes = 20;
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(alice, {task(1), task(2)});
  const auto rejected = site.broker.submit_rejected(alice, task(3));
  CHECK(rejected.code == Errc::quota_exceeded);
  CHECK(rejected.text.find("unfinished tasks of 18 bytes, and the quota max-queued-bytes=20") != std::string::npos);
  auto large = task(4);
  large.payload = Payload::copy(std::string(21, 'x'));
  CHECK(site.broker.submit_rejected(alice, large).code == Errc::payload_too_large);
}

TEST_CASE("what ends is given back to the quota: succeeded, failed, cancelled and expired tasks") {
  for (const bool durable : {false, true}) {
    CAPTURE(durable);
    MemoryStore store{"s", true};
    CoreOptions options;
    options.resident.tasks = 1;
    options.resident.results = 0;
    Principals site{durable ? &store : nullptr, options};
    const auto alice = site.client(Principals::kAlice);
    TaskOptions expires;
    expires.expires = 1s;
    TaskOptions once;
    once.max_attempts = 1;
    site.broker.submit(alice, {task(1), task(2), task(3, expires), task(4, once), task(5)});
    CHECK(owner(site, "alice").tasks == 5);
    CHECK(owner(site, "alice").bytes == 45);
    CHECK(site.cancel(alice, id(2)) == CancelState::cancelled);
    site.broker.advance(2s);
    const auto worker = site.broker.worker(9);
    for (auto grants = site.broker.grants(worker); !grants.empty(); grants = site.broker.grants(worker)) {
      for (const auto& granted : grants)
        granted.id == id(4) ? site.broker.fail(worker, granted.grant) : site.broker.succeed(worker, granted.grant);
    }
    CHECK(owner(site, "alice").tasks == 0);
    CHECK(owner(site, "alice").bytes == 0);
  }
}

TEST_CASE("after a restart the stored tasks of a principal count again, and those that have ended do not") {
  MemoryStore store{"s", true};
  Principals site{&store};
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(alice, {task(1), task(2)});
  site.broker.restart();
  CHECK(owner(site, "alice").tasks == 2);
  CHECK(owner(site, "alice").bytes == 18);
  site.alice.quotas.tasks = 2;
  const auto again = site.client(Principals::kAlice);
  CHECK(site.broker.submit_rejected(again, task(3)).code == Errc::quota_exceeded);
  CHECK(site.cancel(again, id(1)) == CancelState::cancelled);
  CHECK(owner(site, "alice").tasks == 1);
  site.broker.restart();
  CHECK(owner(site, "alice").tasks == 1);
  CHECK(owner(site, "alice").bytes == 9);
}

TEST_CASE("a quota that changes holds from then on") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(alice, {task(1)});
  site.alice.quotas.tasks = 1;
  CHECK(site.broker.submit_rejected(alice, task(2)).code == Errc::quota_exceeded);
  site.alice.quotas.tasks = 2;
  site.broker.submit(alice, {task(2)});
  CHECK(owner(site, "alice").tasks == 2);
}

TEST_CASE("a principal makes as many objects as its quota, and removed ones are given back, also after a restart") {
  MemoryStore store{"s", true};
  Principals site{&store};
  site.alice.quotas.objects = 2;
  auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  CHECK(operate(site, alice, open_lock(1, "a", Durability::durable)).code == Errc::ok);
  CHECK(operate(site, alice, open_lock(2, "b")).code == Errc::ok);
  const auto refused = operate(site, alice, open_lock(3, "c"));
  CHECK(refused.code == Errc::quota_exceeded);
  CHECK(refused.text.find("alice has 2 objects, and the quota max-objects=2") == 0);
  CHECK(operate(site, bob, open_lock(1, "c")).code == Errc::ok);
  CHECK(operate(site, alice, open_lock(4, "c")).code == Errc::ok);  // bob's counts for bob
  site.broker.restart();
  CHECK(owner(site, "alice").objects == 1);
  alice = site.client(Principals::kAlice);
  const auto a = operate(site, alice, open_lock(1, "a", Durability::durable));
  REQUIRE(a.code == Errc::ok);
  Operation remove;
  remove.number = 2;
  remove.verb = Verb::remove;
  remove.object = static_cast<std::uint64_t>(a.a);
  CHECK(operate(site, alice, remove).code == Errc::ok);
  CHECK(owner(site, "alice").objects == 0);
}

}  // namespace forkmill::broker::test
