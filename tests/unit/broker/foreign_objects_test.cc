// Named objects and loans of pipe ends between principals: what a client reaches by numbers that it could guess.
#include "tests/unit/broker/principals_kit.h"

namespace forkmill::broker::test::foreign_objects_test {

namespace {

constexpr const char* kUnnamed = "anonymous:00112233445566778899aabbccddeeff";

// Clients that operate on objects, of several principals.
struct Site : Principals {
  explicit Site(MemoryStore* store = nullptr, CoreOptions options = {}) : Principals{store, std::move(options)} {}

  OperationAnswer operate(const Broker::Peer& peer, Operation operation) {
    operation.number = ++last_number;
    const std::uint64_t number = operation.number;
    broker.send(peer, Operate{number, {std::move(operation)}});
    return broker.take<Operated>(peer).at(0).answers.at(0);
  }
  OperationAnswer open(const Broker::Peer& peer, ObjectKind kind, std::string name, std::int64_t ends = 0) {
    Operation operation;
    operation.verb = Verb::open;
    operation.a = ends;
    operation.spec = ObjectSpec{std::move(name), kind, 0, 0, 0, 0, Durability::memory};
    return operate(peer, std::move(operation));
  }
  Errc code(const Broker::Peer& peer, Verb verb, std::int64_t object, std::int64_t a = 0, std::int64_t b = 0,
            std::vector<Payload> values = {}) {
    return operate(peer, on(verb, object, a, b, std::move(values))).code;
  }
  static Operation on(Verb verb, std::int64_t object, std::int64_t a = 0, std::int64_t b = 0,
                      std::vector<Payload> values = {}) {
    Operation operation;
    operation.verb = verb;
    operation.object = static_cast<std::uint64_t>(object);
    operation.a = a;
    operation.b = b;
    operation.values = std::move(values);
    return operation;
  }

  std::uint64_t last_number = 0;
};

Payload bytes_of(const TaskId& task) {
  return Payload::copy({reinterpret_cast<const char*>(task.bytes().data()), task.bytes().size()});
}

TaskOptions tried_twice() {
  TaskOptions options;
  options.max_attempts = 2;
  return options;
}

}  // namespace

TEST_CASE("an object without a name is there for principals that have named it, and for operators") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto queue = site.open(alice, ObjectKind::queue, kUnnamed).a;
  CHECK(site.code(bob, Verb::look, queue) == Errc::object_unknown);
  CHECK(site.code(bob, Verb::put, queue, 0, 0, {Payload::copy("x")}) == Errc::object_unknown);
  CHECK(site.code(bob, Verb::remove, queue) == Errc::object_unknown);
  CHECK(site.code(site.client(Principals::kAlice), Verb::look, queue) == Errc::ok);
  CHECK(site.code(site.client(Principals::kOperator), Verb::look, queue) == Errc::ok);
  CHECK(site.open(bob, ObjectKind::queue, kUnnamed).a == queue);  // alice has told bob the name
  CHECK(site.code(bob, Verb::look, queue) == Errc::ok);
  site.broker.send(bob, Goodbye{});
  CHECK(site.code(site.client(Principals::kBob), Verb::look, queue) == Errc::ok);
}

TEST_CASE("names of objects without a name, and tokens, are told to their own principal and to operators") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  site.open(alice, ObjectKind::lock, kUnnamed);
  const auto lock = site.open(alice, ObjectKind::lock, "shared").a;
  Operation acquire = Site::on(Verb::acquire, lock);
  const auto token = site.operate(alice, std::move(acquire)).a;
  REQUIRE(token != 0);
  for (const auto& [name, sees] :
       {std::pair{Principals::kAlice, true}, {Principals::kBob, false}, {Principals::kOperator, true}}) {
    CAPTURE(name);
    const auto client = site.client(name);
    std::string list;
    CHECK(site.query(client, QueryKind::objects, "", &list) == Errc::ok);
    CHECK((list.find(kUnnamed) != std::string::npos) == sees);
    CHECK(list.find("shared") != std::string::npos);
    CHECK((site.query(client, QueryKind::object, kUnnamed) == Errc::ok) == sees);
    std::string shown;
    CHECK(site.query(client, QueryKind::object, "shared", &shown) == Errc::ok);
    CHECK((shown.find("\"token\":" + std::to_string(token)) != std::string::npos) == sees);
  }
  (void)bob;
}

TEST_CASE("a lock that a client of another principal holds is not released, and its token is not told") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto lock = site.open(alice, ObjectKind::lock, "shared").a;
  const auto token = site.operate(alice, Site::on(Verb::acquire, lock)).a;
  REQUIRE(token != 0);
  const auto seen = site.operate(bob, Site::on(Verb::look, lock));
  CHECK(seen.a == 1);
  CHECK(seen.b == 0);
  CHECK(site.code(bob, Verb::release, lock) == Errc::not_held);
  CHECK(site.code(bob, Verb::release, lock, token) == Errc::not_held);
  CHECK(site.operate(site.client(Principals::kAlice), Site::on(Verb::look, lock)).b == token);
  CHECK(site.operate(site.client(Principals::kOperator), Site::on(Verb::look, lock)).b == token);
  SUBCASE("a client of the holder's principal may release it") {
    CHECK(site.code(site.client(Principals::kAlice), Verb::release, lock) == Errc::ok);
  }
  SUBCASE("an operator may release it") {
    CHECK(site.code(site.client(Principals::kOperator), Verb::release, lock, token) == Errc::ok);
  }
  CHECK(site.code(bob, Verb::release, lock) == Errc::over_released);
}

TEST_CASE("who has lost a lock is told so when it releases it, also while a client of another principal holds it") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto lock = site.open(bob, ObjectKind::lock, "shared").a;
  REQUIRE(site.open(alice, ObjectKind::lock, "shared").a == lock);
  const auto token = site.operate(alice, Site::on(Verb::acquire, lock)).a;
  site.broker.send(alice, Goodbye{});
  const auto next = site.operate(bob, Site::on(Verb::acquire, lock)).a;
  REQUIRE(next > token);
  const auto again = site.client(Principals::kAlice);
  CHECK(site.code(again, Verb::release, lock, token) == Errc::lease_lost);
  CHECK(site.code(again, Verb::release, lock, next) == Errc::not_held);
  CHECK(site.code(again, Verb::release, lock) == Errc::not_held);
  CHECK(site.code(bob, Verb::release, lock, next) == Errc::ok);
}

TEST_CASE("an object that goes with another one needs the right to that one as well") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto lock = site.open(alice, ObjectKind::lock, "hers").a;
  site.bob.objects = {"his*"};
  const auto bob = site.client(Principals::kBob);
  Operation open = Site::on(Verb::open, 0);
  open.spec = ObjectSpec{
      "his", ObjectKind::condition, 0, 0, kObjectTakesOther, static_cast<std::uint64_t>(lock), Durability::memory};
  CHECK(site.operate(bob, open).code == Errc::right_missing);
  open.spec->name = "his2";
  site.bob.objects = {};
  CHECK(site.operate(bob, open).code == Errc::ok);
}

TEST_CASE("a client places no loan in tasks of another principal, so these are tried again as before") {
  for (const bool before : {true, false}) {
    CAPTURE(before);
    Site site;
    const auto alice = site.client(Principals::kAlice);
    const auto bob = site.client(Principals::kBob);
    const auto pipe = site.open(bob, ObjectKind::pipe, "his", 3).a;
    const auto lend_to = [&](const TaskId& task) {
      const auto ticket = site.operate(bob, Site::on(Verb::lend, pipe, 1)).a;
      CHECK(site.code(bob, Verb::lend, pipe, 0, ticket, {bytes_of(task)}) == Errc::ok);
      return ticket;
    };
    std::int64_t ticket = 0;
    if (before) ticket = lend_to(id(1));
    site.broker.submit(alice, {task(1, tried_twice())});
    if (!before) ticket = lend_to(id(1));
    const auto worker = site.broker.worker(10);
    const Grant first = site.broker.grants(worker).at(0).grant;
    CHECK(site.code(bob, Verb::lend, pipe, 0, ticket) == Errc::ok);  // claims it
    site.broker.fail(worker, first, OutcomeKind::lost, Errc::worker_lost);
    CHECK(site.broker.grants(worker).size() == 1);
  }
}

TEST_CASE("a client places no loan in the result of a task that a worker of another principal runs") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto pipe = site.open(bob, ObjectKind::pipe, "his", 3).a;
  site.broker.submit(alice, {task(1)});
  const auto worker = site.broker.worker(10);
  const Grant grant = site.broker.grants(worker).at(0).grant;
  const auto ticket = site.operate(bob, Site::on(Verb::lend, pipe, 1)).a;
  CHECK(site.code(bob, Verb::lend, pipe, 1, ticket, {bytes_of(id(1))}) == Errc::ok);
  site.broker.succeed(worker, grant);
  const auto results = site.broker.take<Results>(alice);
  REQUIRE(results.size() == 1);
  CHECK(results[0].loans.empty());
}

TEST_CASE("a client ends no loan of another principal by naming it in a value of its own") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto pipe = site.open(alice, ObjectKind::pipe, "hers", 3).a;
  const auto ticket = site.operate(alice, Site::on(Verb::lend, pipe, 1)).a;
  CHECK(site.code(alice, Verb::close, pipe, 1) == Errc::ok);
  const auto queue = site.open(bob, ObjectKind::queue, "his").a;
  Operation put = Site::on(Verb::put, queue, 0, 0, {Payload::copy("x")});
  put.loans = {{static_cast<std::uint64_t>(pipe), ticket, 0}};
  CHECK(site.operate(bob, put).code == Errc::ok);
  CHECK(site.code(bob, Verb::remove, queue) == Errc::ok);
  CHECK(site.code(alice, Verb::lend, pipe, 0, ticket) == Errc::ok);  // the loan is still there
}

TEST_CASE("a client claims no end by a ticket that it was not sent, so the task of another principal is tried again") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto pipe = site.open(alice, ObjectKind::pipe, "hers", 3).a;
  const auto ticket = site.operate(alice, Site::on(Verb::lend, pipe, 1)).a;
  CHECK(site.code(alice, Verb::lend, pipe, 0, ticket, {bytes_of(id(1))}) == Errc::ok);
  site.broker.submit(alice, {task(1, tried_twice())});
  const auto worker = site.broker.worker(10);
  const Grant first = site.broker.grants(worker).at(0).grant;
  CHECK(site.code(bob, Verb::lend, pipe, 0, ticket) == Errc::object_closed);
  SUBCASE("no client claims it") {
    site.broker.fail(worker, first, OutcomeKind::lost, Errc::worker_lost);
    CHECK(site.broker.grants(worker).size() == 1);
  }
  SUBCASE("a client in the process of the worker claims it") {
    const auto handler = site.broker.client();
    CHECK(site.code(handler, Verb::lend, pipe, 0, ticket) == Errc::ok);
    site.broker.fail(worker, first, OutcomeKind::lost, Errc::worker_lost);
    CHECK(site.broker.grants(worker).empty());
  }
}

TEST_CASE("a client claims an end that it has read from a value of another principal") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto bob = site.client(Principals::kBob);
  const auto pipe = site.open(alice, ObjectKind::pipe, "hers", 3).a;
  const auto queue = site.open(alice, ObjectKind::queue, "shared").a;
  const auto ticket = site.operate(alice, Site::on(Verb::lend, pipe, 1)).a;
  Operation put = Site::on(Verb::put, queue, 0, 0, {Payload::copy("x")});
  put.loans = {{static_cast<std::uint64_t>(pipe), ticket, 0}};
  CHECK(site.operate(alice, put).code == Errc::ok);
  CHECK(site.code(bob, Verb::lend, pipe, 0, ticket) == Errc::object_closed);
  CHECK(site.operate(bob, Site::on(Verb::get, queue, 1)).loans.size() == 1);
  CHECK(site.code(bob, Verb::lend, pipe, 0, ticket) == Errc::ok);
}

TEST_CASE("an end that its receiver has placed in a task that never comes is closed when that client is gone") {
  Site site;
  const auto lender = site.client(Principals::kAlice);
  const auto receiver = site.client(Principals::kAlice);
  const auto pipes = [&] {
    std::size_t count = 0;
    site.broker.core().objects().directory().visit(
        [&](const Object& object) { count += object.spec().kind == ObjectKind::pipe ? 1 : 0; });
    return count;
  };
  const auto pipe = site.open(lender, ObjectKind::pipe, "hers", 3).a;
  const auto queue = site.open(lender, ObjectKind::queue, "shared").a;
  const auto ticket = site.operate(lender, Site::on(Verb::lend, pipe, 1)).a;
  Operation put = Site::on(Verb::put, queue, 0, 0, {Payload::copy("x")});
  put.loans = {{static_cast<std::uint64_t>(pipe), ticket, 0}};
  CHECK(site.operate(lender, put).code == Errc::ok);
  CHECK(site.operate(receiver, Site::on(Verb::get, queue, 1)).code == Errc::ok);
  CHECK(site.code(receiver, Verb::lend, pipe, 0, ticket, {bytes_of(id(7))}) == Errc::ok);
  site.broker.send(lender, Goodbye{});
  CHECK(pipes() == 1);
  site.broker.send(receiver, Goodbye{});
  CHECK(pipes() == 0);
}

TEST_CASE("a pipe lends a limited number of ends, and none without memory") {
  Site site;
  const auto alice = site.client(Principals::kAlice);
  const auto pipe = site.open(alice, ObjectKind::pipe, "hers", 3).a;
  site.broker.core().set_memory_full(true);
  CHECK(site.code(alice, Verb::lend, pipe, 1) == Errc::memory_full);
  site.broker.core().set_memory_full(false);
  Errc last = Errc::ok;
  std::size_t lent = 0;
  for (; last == Errc::ok && lent < 100'000; ++lent) last = site.code(alice, Verb::lend, pipe, 1);
  CHECK(last == Errc::object_full);
  CHECK(lent == 64 * 1024 + 1);
}

}  // namespace forkmill::broker::test::foreign_objects_test
