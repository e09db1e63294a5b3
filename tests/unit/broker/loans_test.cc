// Ends of pipes on their way to another client: what carries them, and that they go with it.
#include "tests/unit/broker/objects.h"

namespace loans_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

namespace {

Payload bytes_of(const TaskId& task) {
  return Payload::copy({reinterpret_cast<const char*>(task.bytes().data()), task.bytes().size()});
}

// A pipe whose end 0 `here` has, and end 1 is lent and closed.
struct Lent {
  Lent() {
    pipe = here.open(ObjectKind::pipe, "p", 0, 0, 1);
    REQUIRE(lender.open(ObjectKind::pipe, "p", 0, 0, 2) == pipe);
    ticket = lend();
    CHECK(lender.code(Verb::close, pipe, 1) == Errc::ok);
    reader = here.begin(Verb::receive, pipe, 0, 1);
    CHECK(is_open());
  }
  std::int64_t lend() {
    const auto lent = lender.operate(Verb::lend, pipe, 1);
    REQUIRE(lent.b == 1);
    return lent.a;
  }
  void place(const TaskId& task, bool in_result = false) {
    CHECK(lender.code(Verb::lend, pipe, in_result ? 1 : 0, ticket, {bytes_of(task)}) == Errc::ok);
  }
  // A value with the lent end in it.
  Operation with_loan(Verb verb, std::uint64_t object, std::vector<Payload> values, std::uint64_t index) {
    Operation operation;
    operation.number = ++number;
    operation.verb = verb;
    operation.object = object;
    operation.values = std::move(values);
    operation.loans = {{pipe, ticket, index}};
    return operation;
  }
  void put(std::uint64_t queue) { CHECK(lender.answer(lender.send(with_loan(Verb::put, queue, {bytes("x")}, 0)))); }
  bool is_open() { return here.waits(reader); }
  bool is_closed() {
    const auto answer = here.answer(reader);
    return answer && answer->code == Errc::end_of_stream;
  }
  Errc claim(User& user) { return user.code(Verb::lend, pipe, 0, ticket); }

  Broker broker;
  User here{broker};
  User lender{broker};
  std::uint64_t pipe = 0;
  std::int64_t ticket = 0;
  std::uint64_t reader = 0;
  std::uint64_t number = 100;
};

}  // namespace

TEST_CASE("an end that its lender sends nowhere is closed when it is taken back, or the lender leaves") {
  Lent lent;
  SUBCASE("taken back") { CHECK(lent.lender.code(Verb::close, lent.pipe, 1, lent.ticket) == Errc::ok); }
  SUBCASE("the lender leaves") { lent.lender.go(); }
  CHECK(lent.is_closed());
  CHECK(lent.claim(lent.here) == Errc::object_closed);
}

TEST_CASE("only the lender takes an end back, and not once it was claimed") {
  Lent lent;
  User other{lent.broker};
  CHECK(other.code(Verb::close, lent.pipe, 1, lent.ticket) == Errc::ok);
  CHECK(lent.is_open());
  CHECK(lent.claim(other) == Errc::ok);
  CHECK(lent.lender.code(Verb::close, lent.pipe, 1, lent.ticket) == Errc::ok);
  CHECK(lent.is_open());
  other.go();
  CHECK(lent.is_closed());
}

TEST_CASE("an end among the arguments of a task is closed when the task ends before a client has claimed it") {
  Lent lent;
  lent.place(id(1));
  TaskOptions options;
  options.max_attempts = 1;
  const auto worker = lent.broker.worker(1000);
  const auto submit = [&](Submission one) { lent.broker.submit(lent.lender.peer(), {std::move(one)}); };
  SUBCASE("its worker is lost") {
    submit(task(1, options));
    CHECK(lent.is_open());
    lent.broker.fail(worker, lent.broker.grants(worker).at(0).grant, OutcomeKind::lost, Errc::worker_lost);
  }
  SUBCASE("it succeeds") {
    submit(task(1, options));
    lent.broker.succeed(worker, lent.broker.grants(worker).at(0).grant);
  }
  SUBCASE("it fails and is a dead letter") {
    submit(task(1, options));
    lent.broker.fail(worker, lent.broker.grants(worker).at(0).grant);
  }
  SUBCASE("it is cancelled before it starts") {
    auto waiting = task(1, options);
    waiting.edit().queue = "nobody";
    submit(waiting);
    lent.broker.send(lent.lender.peer(), Cancel{{id(1)}});
  }
  SUBCASE("it expires") {
    auto waiting = task(1, options);
    waiting.edit().queue = "nobody";
    waiting.edit().options.expires = 1000ms;
    submit(waiting);
    CHECK(lent.is_open());
    lent.broker.advance(2s);
  }
  SUBCASE("it is never submitted, and its lender leaves") { lent.lender.go(); }
  SUBCASE("it is refused, and its lender takes the end back") {
    auto refused = task(1, options);
    refused.edit().queue = " ";
    lent.broker.submit_rejected(lent.lender.peer(), refused);
    CHECK(lent.is_open());
    lent.lender.code(Verb::close, lent.pipe, 1, lent.ticket);
  }
  CHECK(lent.is_closed());
}

TEST_CASE("an end among the arguments of a task stays open when its lender leaves, and is claimed once") {
  Lent lent;
  lent.place(id(1));
  const TaskOptions options;
  lent.broker.submit(lent.lender.peer(), {task(1, options)});
  lent.lender.go();
  CHECK(lent.is_open());
  User child{lent.broker};
  CHECK(lent.claim(child) == Errc::ok);
  CHECK(lent.claim(child) == Errc::object_closed);
  CHECK(child.code(Verb::send, lent.pipe, 1, 0, {bytes("hello")}) == Errc::ok);
  CHECK(lent.here.answer(lent.reader)->code == Errc::ok);
}

TEST_CASE("a task whose end of a pipe was claimed is not tried again, as it would not get the end") {
  Lent lent;
  lent.place(id(1));
  lent.broker.submit(lent.lender.peer(), {task(1)});
  const auto worker = lent.broker.worker(1000);
  auto grant = lent.broker.grants(worker).at(0).grant;
  SUBCASE("it was not claimed: the next attempt gets it") {
    lent.broker.fail(worker, grant, OutcomeKind::lost, Errc::worker_lost);
    grant = lent.broker.grants(worker).at(0).grant;
    CHECK(lent.is_open());
  }
  User child{lent.broker};
  CHECK(lent.claim(child) == Errc::ok);
  child.go();
  lent.broker.fail(worker, grant, OutcomeKind::lost, Errc::worker_lost);
  CHECK(lent.broker.grants(worker).empty());
  CHECK(lent.broker.results(lent.lender.peer()).at(0).outcome.kind == OutcomeKind::lost);
  CHECK(lent.is_closed());
}

TEST_CASE("an end in the result of a task belongs to the submitter once the task has succeeded") {
  Lent lent;
  User submitter{lent.broker};
  lent.broker.submit(submitter.peer(), {task(1)});
  const auto worker = lent.broker.worker(1000);
  const auto grant = lent.broker.grants(worker).at(0).grant;
  lent.place(id(1), true);
  lent.lender.go();
  CHECK(lent.is_open());
  SUBCASE("claimed") {
    lent.broker.succeed(worker, grant);
    CHECK(lent.is_open());
    CHECK(lent.claim(submitter) == Errc::ok);
    submitter.go();
  }
  SUBCASE("not claimed, and the submitter leaves") {
    lent.broker.succeed(worker, grant);
    submitter.go();
  }
  SUBCASE("the task fails nevertheless") { lent.broker.fail(worker, grant); }
  CHECK(lent.is_closed());
}

TEST_CASE("an end in a result is closed when the submitter gives it back, and not before") {
  Lent lent;
  User submitter{lent.broker};
  User other{lent.broker};
  lent.broker.submit(submitter.peer(), {task(1)});
  const auto worker = lent.broker.worker(1000);
  const auto grant = lent.broker.grants(worker).at(0).grant;
  lent.place(id(1), true);
  lent.lender.go();
  lent.broker.succeed(worker, grant);
  const auto results = lent.broker.take<Results>(submitter.peer());
  REQUIRE(results.size() == 1);
  CHECK(results[0].loans == std::vector<LoanInValue>{{lent.pipe, lent.ticket, 0}});
  CHECK(other.code(Verb::close, lent.pipe, 0, lent.ticket) == Errc::ok);
  CHECK(lent.is_open());
  CHECK(submitter.code(Verb::close, lent.pipe, 0, lent.ticket) == Errc::ok);
  CHECK(lent.is_closed());
  CHECK(lent.claim(submitter) == Errc::object_closed);
}

TEST_CASE("an end in the result of a process is closed when the process has ended") {
  Lent lent;
  User submitter{lent.broker};
  Hello hello = Broker::worker_hello({"default"});
  hello.worker.max_processes = 1;
  const auto worker = lent.broker.connect(hello);
  TaskOptions options;
  options.process = true;
  options.max_attempts = 1;
  lent.broker.submit(submitter.peer(), {task(1, options)});
  const auto grants = lent.broker.grants(worker);
  REQUIRE(grants.size() == 1);
  lent.place(id(1), true);
  CHECK(lent.is_open());
  lent.broker.succeed(worker, grants[0].grant);
  CHECK(lent.is_closed());
}

TEST_CASE("an end in a value that a client has read is closed when the client gives it back") {
  Lent lent;
  const auto queue = lent.here.open(ObjectKind::queue, "q");
  lent.put(queue);
  lent.lender.go();
  User reader{lent.broker};
  const auto answer = reader.operate(Verb::get, queue, 1);
  REQUIRE(answer.values.size() == 1);
  CHECK(answer.loans == std::vector<LoanInValue>{{lent.pipe, lent.ticket, 0}});
  CHECK(lent.is_open());
  CHECK(reader.code(Verb::close, lent.pipe, 0, lent.ticket) == Errc::ok);
  CHECK(lent.is_closed());
}

TEST_CASE("ends that lie in each other's messages only are closed") {
  Broker broker;
  User user{broker};
  const auto p = user.open(ObjectKind::pipe, "p", 0, 0, 3);
  const auto q = user.open(ObjectKind::pipe, "q", 0, 0, 3);
  std::uint64_t number = 1000;
  const auto send = [&](std::uint64_t through, std::int64_t from, std::uint64_t pipe, std::int64_t end) {
    Operation operation;
    operation.loans = {{pipe, user.operate(Verb::lend, pipe, end).a, 0}};
    operation.number = number += 100;
    operation.verb = Verb::send;
    operation.object = through;
    operation.a = from;
    operation.values = {bytes("x")};
    CHECK(user.answer(user.send(operation))->code == Errc::ok);
  };
  SUBCASE("in its own messages") { send(p, 0, p, 1); }
  SUBCASE("both ends of one pipe") {
    send(p, 0, p, 0);
    send(p, 1, p, 1);
  }
  SUBCASE("two pipes") {
    send(p, 0, q, 1);
    send(q, 0, p, 1);
  }
  CHECK(user.code(Verb::close, q, 0) == Errc::ok);
  CHECK(user.code(Verb::close, q, 1) == Errc::ok);
  CHECK(user.code(Verb::close, p, 1) == Errc::ok);
  CHECK(user.code(Verb::close, p, 0) == Errc::ok);
  CHECK(user.code(Verb::look, p) == Errc::object_unknown);
  CHECK(user.code(Verb::look, q) == Errc::object_unknown);
}

TEST_CASE("an end in a message to an end that no client has opened yet stays open as long as the other end") {
  Broker broker;
  User here{broker};
  User lender{broker};
  // Lends end 1 of `pipe` in a message to end 0 of `through`.
  const auto send = [&](std::uint64_t pipe, std::uint64_t through) {
    Operation operation;
    operation.loans = {{pipe, lender.operate(Verb::lend, pipe, 1).a, 0}};
    operation.number = 1000;
    operation.verb = Verb::send;
    operation.object = through;
    operation.a = 1;
    operation.values = {bytes("x")};
    CHECK(lender.answer(lender.send(operation))->code == Errc::ok);
    CHECK(lender.code(Verb::close, pipe, 1) == Errc::ok);
  };
  const auto own = lender.open(ObjectKind::pipe, "own", 0, 0, 2);
  SUBCASE("of the same pipe") { send(own, own); }
  SUBCASE("of another pipe") {
    const auto lent = here.open(ObjectKind::pipe, "lent", 0, 0, 1);
    REQUIRE(lender.open(ObjectKind::pipe, "lent", 0, 0, 2) == lent);
    send(lent, own);
    const auto reader = here.begin(Verb::receive, lent, 0, 1);
    CHECK(here.waits(reader));
    lender.go();
    CHECK(here.answer(reader)->code == Errc::end_of_stream);
  }
  CHECK(here.code(Verb::look, own) == Errc::object_unknown);
}

TEST_CASE("an end in a value of an object goes with the value") {
  Lent lent;
  const auto queue = lent.here.open(ObjectKind::queue, "q", 1);
  const auto dict = lent.here.open(ObjectKind::dict, "d");
  const auto list = lent.here.open(ObjectKind::list, "l");
  const auto other = lent.here.open(ObjectKind::pipe, "other", 0, 0, 3);
  User reader{lent.broker};
  const auto operate = [&](const Operation& operation) { return lent.lender.answer(lent.lender.send(operation)); };
  SUBCASE("the queue is removed") {
    lent.put(queue);
    lent.lender.go();
    CHECK(lent.is_open());
    lent.here.operate(Verb::remove, queue);
  }
  SUBCASE("the item goes to a client that leaves before it claims the end") {
    lent.put(queue);
    CHECK(reader.operate(Verb::get, queue, 1).values.size() == 1);
    CHECK(lent.is_open());
    reader.go();
  }
  SUBCASE("the item comes back from a client that had it on approval, and is removed") {
    lent.put(queue);
    CHECK(reader.operate(Verb::get, queue, 1, 1).values.size() == 1);
    reader.go();
    CHECK(lent.is_open());
    CHECK(lent.here.operate(Verb::get, queue, 1).values.size() == 1);
    CHECK(lent.is_open());
    CHECK(lent.claim(lent.here) == Errc::ok);
    lent.here.code(Verb::close, lent.pipe, 1);
  }
  SUBCASE("the put waits for room, and its client leaves") {
    lent.here.operate(Verb::put, queue, 0, 0, {bytes("full")});
    lent.lender.send(lent.with_loan(Verb::put, queue, {bytes("x")}, 0));
    CHECK(lent.is_open());
    lent.lender.go();
  }
  SUBCASE("the put finds no room") {
    lent.here.operate(Verb::put, queue, 0, 0, {bytes("full")});
    auto put = lent.with_loan(Verb::put, queue, {bytes("x")}, 0);
    put.wait = 0ms;
    CHECK(operate(put)->code != Errc::ok);
  }
  SUBCASE("the entry of a dict is erased") {
    CHECK(operate(lent.with_loan(Verb::store, dict, {bytes("k"), bytes("x")}, 1))->code == Errc::ok);
    CHECK(lent.is_open());
    lent.here.operate(Verb::erase, dict, 0, 0, {bytes("k")});
  }
  SUBCASE("the entry of a dict is replaced") {
    CHECK(operate(lent.with_loan(Verb::store, dict, {bytes("k"), bytes("x")}, 1))->code == Errc::ok);
    lent.here.operate(Verb::store, dict, 0, 0, {bytes("k"), bytes("y")});
  }
  SUBCASE("an entry that is a list grows, and is erased") {
    CHECK(operate(lent.with_loan(Verb::append, dict, {bytes("k"), value(1)}, 1))->code == Errc::ok);
    lent.here.operate(Verb::append, dict, 0, 0, {bytes("k"), value(2)});
    CHECK(lent.is_open());
    lent.here.operate(Verb::erase, dict, 0, 0, {bytes("k")});
  }
  SUBCASE("a list is cleared") {
    CHECK(operate(lent.with_loan(Verb::append, list, {bytes("x")}, 0))->code == Errc::ok);
    CHECK(lent.is_open());
    lent.here.operate(Verb::clear, list);
  }
  SUBCASE("the pipe that it was sent through is closed at the other end") {
    auto send = lent.with_loan(Verb::send, other, {bytes("x")}, 0);
    CHECK(operate(send)->code == Errc::ok);
    CHECK(lent.is_open());
    lent.here.operate(Verb::close, other, 1);
  }
  CHECK(lent.is_closed());
  CHECK(lent.here.code(Verb::close, lent.pipe, 0) == Errc::ok);
  CHECK(lent.here.code(Verb::look, lent.pipe, 0) == Errc::object_unknown);
}

}  // namespace loans_test
