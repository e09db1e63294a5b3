// Quotas: how much a principal may have at the broker, and that all of it is given back.
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test::quota_test {

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

TEST_CASE("tasks over a quota use up no names of queues") {
  Principals site;
  site.alice.quotas.tasks = 1;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  std::vector<Submission> flood;
  for (std::uint64_t n = 1; n <= NameLimits{}.queues + 1; ++n) {
    flood.push_back(task(n));
    flood.back().edit().queue = "flood-" + std::to_string(n);
  }
  site.broker.submit(alice, flood);
  const auto rejected = site.broker.take<SubmitAck>(alice).at(0).rejected;
  REQUIRE(rejected.size() == flood.size() - 1);
  for (const Rejection& one : rejected) CHECK(one.code == Errc::quota_exceeded);
  CHECK(site.broker.core().state().queues.find("flood-1") != nullptr);
  CHECK(site.broker.core().state().queues.find("flood-2") == nullptr);
  Submission honest = task(flood.size() + 1);
  honest.edit().queue = "honest";
  site.broker.submit(bob, {honest});
  CHECK(site.broker.take<SubmitAck>(bob).at(0).rejected.empty());
}

TEST_CASE("a principal has half of the queues that there can be, for its workers and tasks, and others find room") {
  CoreOptions options;
  options.names.queues = 8;
  Principals site{nullptr, options};
  std::uint64_t connections = 500;
  const auto serve = [&](std::uint64_t principal, std::vector<std::string> queues) {
    return site.broker.greet(PeerId{principal + ++connections}, Broker::worker_hello(std::move(queues)));
  };
  const auto is_served = [&](std::uint64_t principal, std::vector<std::string> queues) {
    return static_cast<bool>(serve(principal, std::move(queues)).session);
  };
  const auto into = [](std::uint64_t n, std::string queue) {
    Submission one = task(n);
    one.edit().queue = std::move(queue);
    return one;
  };
  const auto first = serve(Principals::kAlice, {"one", "two"});
  REQUIRE(first.session);
  REQUIRE(is_served(Principals::kAlice, {"three", "four"}));
  const auto refused = serve(Principals::kAlice, {"one", "five"});
  CHECK_FALSE(refused.session);
  const auto error = site.broker.take<ErrorMessage>(refused.id).at(0);
  CHECK(error.code == Errc::too_many_queues);
  CHECK(error.text.find("alice has half of all queues") != std::string::npos);
  CHECK(is_served(Principals::kAlice, {"one", "four"}));  // these are there already
  const auto alice = site.client(Principals::kAlice);
  CHECK(site.broker.submit_rejected(alice, into(1, "five")).code == Errc::too_many_queues);
  site.broker.submit(alice, {into(2, "four")});
  CHECK(site.broker.take<SubmitAck>(alice).back().rejected.empty());

  CHECK(is_served(Principals::kBob, {"five", "six"}));
  const auto bob = site.client(Principals::kBob);
  site.broker.submit(bob, {into(3, "seven")});
  CHECK(site.broker.take<SubmitAck>(bob).at(0).rejected.empty());
  CHECK(is_served(0, {"eight"}));
  CHECK_FALSE(is_served(0, {"nine"}));  // all are in use
}

TEST_CASE("the queues that a worker names do not give way to each other, and none is made for one that is refused") {
  CoreOptions options;
  options.names.queues = 8;
  Principals site{nullptr, options};
  const auto serve = [&](std::uint64_t n, std::vector<std::string> queues) {
    return site.broker.greet(PeerId{Principals::kAlice + n}, Broker::worker_hello(std::move(queues)));
  };
  REQUIRE(serve(1, {"one", "two"}).session);
  CHECK_FALSE(serve(2, {"three", "four", "five"}).session);
  CHECK(static_cast<bool>(serve(3, {"six", "seven"}).session));  // there is room, and none is to be made
  CHECK_FALSE(serve(4, {"eight"}).session);
}

TEST_CASE("queues that are not used any more do not count for the principal that has named them") {
  CoreOptions options;
  options.names.queues = 8;
  Principals site{nullptr, options};
  const auto serve = [&](std::uint64_t n, std::vector<std::string> queues) {
    return site.broker.greet(PeerId{Principals::kAlice + n}, Broker::worker_hello(std::move(queues)));
  };
  const auto first = serve(1, {"one", "two"});
  const auto second = serve(2, {"three", "four"});
  REQUIRE(second.session);
  site.broker.send(first, Goodbye{});
  CHECK(static_cast<bool>(serve(3, {"five", "six"}).session));  // unused queues give way at once
  CHECK_FALSE(serve(4, {"seven"}).session);
  site.broker.send(second, Goodbye{});
  site.broker.advance(1s);
  CHECK(static_cast<bool>(serve(5, {"seven", "eight"}).session));
}

TEST_CASE("headers count as bytes of a task, in quotas, queues and windows, and after a restart as well") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.restart_grace = 0ms;
  Principals site{&store, options};
  site.alice.quotas.task_bytes = 2000;
  const auto alice = site.client(Principals::kAlice);
  TaskOptions with_header;
  with_header.headers = {{"note", std::string(1000, 'x')}};
  site.broker.submit(alice, {task(1, with_header)});
  CHECK(owner(site, "alice").bytes == 1013);
  CHECK(site.broker.core().state().queues.find("default")->budget.bytes() == 1013);
  CHECK(site.broker.submit_rejected(alice, task(2, with_header)).code == Errc::quota_exceeded);
  site.broker.restart();
  CHECK(owner(site, "alice").bytes == 1013);
  const auto again = site.client(Principals::kAlice);
  const auto worker = site.broker.worker(1);
  site.broker.succeed(worker, site.broker.grants(worker).at(0).grant, "12345");
  CHECK(owner(site, "alice").bytes == 0);
  CHECK(site.broker.core().state().queues.find("default")->budget.bytes() == 1009);
  site.broker.restart();
  CHECK(site.broker.core().state().queues.find("default")->budget.bytes() == 1009);
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

TEST_CASE("a client that waits for its quota is counted as refused once, until it has room again") {
  Principals site;
  site.alice.quotas.tasks = 1;
  const auto alice = site.client(Principals::kAlice);
  site.broker.submit(alice, {task(1)});
  for (int i = 0; i < 5; ++i) CHECK(site.broker.submit_rejected(alice, task(2)).code == Errc::quota_exceeded);
  CHECK(site.broker.core().state().totals.refused.count == 1);
  CHECK(site.cancel(alice, id(1)) == CancelState::cancelled);
  site.broker.submit(alice, {task(2)});
  CHECK(site.broker.submit_rejected(alice, task(3)).code == Errc::quota_exceeded);
  CHECK(site.broker.core().state().totals.refused.count == 2);
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

TEST_CASE(
    "values in the objects of a principal count for it, no matter which client puts them there, and are given back") {
  MemoryStore store{"s", true};
  Principals site{&store};
  site.alice.quotas.object_bytes = 20;
  auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  Operation open = open_lock(1, "q", Durability::durable);
  open.spec->kind = ObjectKind::queue;
  const auto queue = static_cast<std::uint64_t>(operate(site, alice, open).a);
  CHECK(operate(site, bob, open).code == Errc::ok);
  std::uint64_t number = 1;
  const auto operation = [&](Verb verb, std::string_view value = {}) {
    Operation one;
    one.number = ++number;
    one.verb = verb;
    one.object = queue;
    if (!value.empty()) one.values.push_back(Payload::copy(value));
    return one;
  };
  CHECK(operate(site, alice, operation(Verb::put, "0123456789")).code == Errc::ok);
  CHECK(operate(site, bob, operation(Verb::put, "01234567")).code == Errc::ok);
  CHECK(owner(site, "alice").object_bytes == 18);
  const auto refused = operate(site, bob, operation(Verb::put, "012"));
  CHECK(refused.code == Errc::quota_exceeded);
  CHECK(refused.text.find("alice has objects of 18 bytes, and the quota max-object-bytes=20") == 0);
  CHECK(operate(site, bob, operation(Verb::get)).code == Errc::ok);
  CHECK(owner(site, "alice").object_bytes == 8);
  site.broker.restart();
  CHECK(owner(site, "alice").object_bytes == 8);
  alice = site.client(Principals::kAlice);
  number = 1;
  CHECK(operate(site, alice, open).code == Errc::ok);
  CHECK(operate(site, alice, operation(Verb::remove)).code == Errc::ok);
  CHECK(owner(site, "alice").object_bytes == 0);
}

TEST_CASE("values that wait for room, are lent, or with which a list begins count in the quota of bytes") {
  Principals site;
  const auto alice = site.client(Principals::kAlice);
  std::uint64_t number = 0;
  const auto open = [&](std::string name, ObjectKind kind, std::int64_t size, std::int64_t flags) {
    Operation one = open_lock(++number, std::move(name));
    one.spec->kind = kind;
    one.spec->size = size;
    one.spec->flags = flags;
    return operate(site, alice, one);
  };
  const auto queue = static_cast<std::uint64_t>(open("q", ObjectKind::queue, 1, 0).a);
  const auto begin = [&](Verb verb, std::string_view value, std::int64_t a = 0, std::int64_t b = 0) {
    Operation one;
    one.number = ++number;
    one.verb = verb;
    one.object = queue;
    one.wait = milliseconds{-1};
    one.a = a;
    one.b = b;
    if (!value.empty()) one.values.push_back(Payload::copy(value));
    site.broker.send(alice, Operate{0, {std::move(one)}});
  };
  begin(Verb::put, "0123456789");
  begin(Verb::put, "01234");  // waits
  CHECK(owner(site, "alice").object_bytes == 15);
  begin(Verb::get, {}, 1, 1);  // lent; the one that waits moves up
  CHECK(owner(site, "alice").object_bytes == 15);
  site.broker.take<Operated>(alice);
  site.alice.quotas.object_bytes = 125;  // with the answer that is not confirmed
  CHECK(open("list", ObjectKind::list, 101, kObjectFixed).code == Errc::quota_exceeded);
  CHECK(open("list", ObjectKind::list, 100, kObjectFixed).code == Errc::ok);
  CHECK(owner(site, "alice").object_bytes == 115);
}

TEST_CASE("values that its clients were sent count for a principal until the clients confirm them or are gone") {
  Principals site;
  site.alice.quotas.object_bytes = 20;
  const auto alice = site.client(Principals::kAlice);
  Operation open = open_lock(1, "q");
  open.spec->kind = ObjectKind::queue;
  const auto queue = static_cast<std::uint64_t>(operate(site, alice, open).a);
  std::uint64_t number = 1;
  const auto run = [&](Verb verb, std::string_view value, std::uint64_t answered) {
    Operation one;
    one.number = ++number;
    one.verb = verb;
    one.object = queue;
    if (!value.empty()) one.values.push_back(Payload::copy(value));
    site.broker.send(alice, Operate{answered, {std::move(one)}});
    return site.broker.take<Operated>(alice).at(0).answers.at(0);
  };
  CHECK(run(Verb::put, "0123456789", 0).code == Errc::ok);
  CHECK(run(Verb::get, {}, 0).code == Errc::ok);
  CHECK(owner(site, "alice").object_bytes == 0);
  CHECK(owner(site, "alice").answer_bytes == 10);
  const auto refused = run(Verb::put, "0123456789A", 0);
  CHECK(refused.code == Errc::quota_exceeded);
  CHECK(refused.text.find("alice has objects of 0 bytes, and answers of 10 bytes that its clients have not confirmed, "
                          "and the quota max-object-bytes=20") == 0);
  CHECK(run(Verb::put, "0123456789A", 4).code == Errc::ok);
  CHECK(owner(site, "alice").answer_bytes == 0);
  CHECK(run(Verb::get, {}, 4).code == Errc::ok);
  CHECK(owner(site, "alice").answer_bytes == 11);
  site.broker.send(alice, Goodbye{});
  CHECK(owner(site, "alice").answer_bytes == 0);
}

TEST_CASE("no principal with a name makes more than half of the objects that the broker can have") {
  CoreOptions options;
  options.names.objects = 4;
  Principals site{nullptr, options};
  const auto alice = site.client(Principals::kAlice);
  for (std::uint64_t n = 1; n <= 2; ++n) CHECK(operate(site, alice, open_lock(n, std::to_string(n))).code == Errc::ok);
  const auto refused = operate(site, alice, open_lock(3, "c"));
  CHECK(refused.code == Errc::quota_exceeded);
  CHECK(refused.text == "alice has 2 objects, half of all that the broker can have");
  CHECK(operate(site, site.client(Principals::kBob), open_lock(1, "c")).code == Errc::ok);
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

}  // namespace forkmill::broker::test::quota_test
