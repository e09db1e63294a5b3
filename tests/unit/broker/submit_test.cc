#include "tests/unit/broker/broker.h"

namespace submit_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

TEST_CASE("tasks of a client that submits to many queues in turn share what they have in common by queue") {
  Broker broker;
  const auto client = broker.client();
  const auto other = broker.client();
  std::uint64_t number = 0;
  const auto submit = [&](const Broker::Peer& by, const std::string& queue, const std::string& label) {
    Submission one = task(++number);
    one.edit().queue = queue;
    one.edit().options.label = label;
    broker.submit(by, {one});
    const auto& accepted = broker.core().state().tasks.find(id(number))->spec;
    CHECK(accepted->queue == queue);
    CHECK(accepted->options.label == label);
    return &accepted.part();
  };
  const auto* first = submit(client, "first", "");
  const auto* second = submit(client, "second", "");
  CHECK(first != second);
  CHECK(submit(client, "first", "") == first);
  CHECK(submit(client, "second", "") == second);
  const auto* labelled = submit(client, "first", "another");
  CHECK(labelled != first);
  const auto* others = submit(other, "first", "another");
  CHECK(others != labelled);
  CHECK(others->spec == labelled->spec);
}

TEST_CASE("tasks that a client submits alike share what they have in common") {
  Broker broker;
  const auto client = broker.client();
  const auto other = broker.client();
  broker.submit(client, {task(1), task(2)});
  broker.submit(client, {task(3)});
  Submission labelled = task(4);
  labelled.edit().options.label = "another";
  broker.submit(client, {labelled});
  broker.submit(other, {task(5)});
  const auto part_of = [&](std::uint64_t n) { return &broker.core().state().tasks.find(id(n))->spec.part(); };
  CHECK(part_of(1) == part_of(2));
  CHECK(part_of(1) == part_of(3));
  CHECK(part_of(1) != part_of(4));
  CHECK(part_of(1) != part_of(5));
}

TEST_CASE("a submitted task runs, and its result goes to the submitter") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  const MessageSeq seq = broker.send(client, Submit{{task(1)}});
  const auto acks = broker.take<SubmitAck>(client);
  REQUIRE(acks.size() == 1);
  CHECK(acks[0].messages == MessageSeqs{seq});
  CHECK(acks[0].rejected.empty());

  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(1));
  CHECK(grants[0].grant.attempt == Attempt{1});
  CHECK(grants[0].payload.view() == "arguments");

  const MessageSeq outcome = MessageSeq{broker.send(
      worker,
      Outcomes{{{grants[0].grant, {OutcomeKind::succeeded, {}, "", Payload::copy("42"), {}}, milliseconds{-1}, 5}},
               10})};
  CHECK(broker.take<OutcomeAck>(worker).at(0).messages == MessageSeqs{outcome});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(1));
  CHECK(results[0].outcome.value.view() == "42");
  CHECK(results[0].outcome.attempt == Attempt{1});
  CHECK(results[0].outcome.worker == "worker");
}

TEST_CASE("the same task sent again is acknowledged again and runs once") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  broker.submit(client, {task(1)});
  CHECK(broker.take<SubmitAck>(client).size() == 2);
  const auto worker = broker.worker(10);
  CHECK(broker.grants(worker).size() == 1);
}

TEST_CASE("another task under a known id is refused") {
  Broker broker;
  const auto client = broker.client();
  broker.submit(client, {task(1)});
  Submission other = task(1);
  other.payload = Payload::copy("something else");
  CHECK(broker.submit_rejected(client, other).code == Errc::duplicate_task);
}

TEST_CASE("one bad task of a message does not harm the others") {
  Broker broker;
  const auto client = broker.client();
  Submission bad = task(2);
  bad.edit().queue = "no spaces please";
  broker.submit(client, {task(1), bad, task(3)});
  const auto ack = broker.take<SubmitAck>(client).at(0);
  REQUIRE(ack.rejected.size() == 1);
  CHECK(ack.rejected[0].id == id(2));
  CHECK(ack.rejected[0].code == Errc::name_invalid);
  CHECK(broker.grants(broker.worker(10)).size() == 2);
}

TEST_CASE("options out of range are refused with the range") {
  Broker broker;
  const auto client = broker.client();
  const auto refused = [&](auto change) {
    TaskOptions options;
    change(options);
    const Rejection rejection = broker.submit_rejected(client, task(1, options));
    CHECK_FALSE(rejection.text.empty());
    return rejection.code;
  };
  CHECK(refused([](auto& o) { o.priority = 101; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.priority = -101; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.max_attempts = 0; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.max_attempts = 1001; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.delay = milliseconds{-1}; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.not_before = milliseconds{-1}; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.not_before = milliseconds::max() / 4; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.timeout = limits::kMaxDuration + 1ms; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.backoff.jitter_percent = 101; }) == Errc::option_out_of_range);
  CHECK(refused([](auto& o) { o.durability = Durability::durable; }) == Errc::option_out_of_range);
  CHECK(broker.core().state().tasks.size() == 0);
}

TEST_CASE("a signature that no worker has is refused while workers have the task under another one") {
  Broker broker;
  const auto client = broker.client();
  Submission one = task(1);
  one.edit().signature = signature_hash("i32(i32)");
  broker.submit(client, {one});  // no worker has the task yet, so it waits
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());
  const auto worker = broker.worker(10);
  CHECK(broker.grants(worker).empty());
  Submission two = task(2);
  two.edit().signature = one.spec->signature;
  const Rejection rejection = broker.submit_rejected(client, two);
  CHECK(rejection.code == Errc::signature_mismatch);
  CHECK(rejection.text.find("str(str)") != std::string::npos);
  Submission right = task(3);
  right.edit().signature = signature_hash("str(str)");
  broker.submit(client, {right});
  CHECK(broker.grants(worker).size() == 1);
}

TEST_CASE("workers that do not serve the queue of a task say nothing about its signature") {
  Broker broker;
  const auto client = broker.client();
  broker.connect(Broker::worker_hello({"other"}));  // has t.echo as str(str)
  Submission one = task(1);
  one.edit().signature = signature_hash("i32(i32)");
  broker.submit(client, {one});
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());

  Hello hello = Broker::worker_hello();
  hello.worker.tasks = {{"t.echo", "i32(i32)"}};
  const auto worker = broker.connect(hello);
  broker.send(worker, Credit{1});
  CHECK(broker.grants(worker).at(0).id == id(1));

  Submission two = task(2);
  two.edit().signature = signature_hash("f64(f64)");
  const std::string refused = broker.submit_rejected(client, two).text;
  CHECK(refused.find("i32(i32)") != std::string::npos);
  CHECK(refused.find("str(str)") == std::string::npos);
}

TEST_CASE("a task is granted no earlier than its delay and not_before say") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  TaskOptions later;
  later.delay = 5s;
  TaskOptions at;
  at.not_before = broker.now.unix_time + 8s;
  broker.submit(client, {task(1, later), task(2, at)});
  CHECK(broker.grants(worker).empty());
  broker.advance_alive(5s - 1us, {client, worker});
  CHECK(broker.grants(worker).empty());
  broker.advance(1us);
  CHECK(broker.grants(worker).at(0).id == id(1));
  broker.advance_alive(3s, {client, worker});
  CHECK(broker.grants(worker).at(0).id == id(2));
}

TEST_CASE("a task that is not started before its deadline expires, and one that runs does not") {
  Broker broker;
  const auto client = broker.client();
  TaskOptions options;
  options.expires = 2s;
  broker.submit(client, {task(1, options), task(2, options)});
  const auto worker = broker.worker(1);
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  broker.advance_alive(2s, {client, worker});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(2));
  CHECK(results[0].outcome.kind == OutcomeKind::expired);
  broker.succeed(worker, grants[0].grant);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a broker that shuts down tells its peers and accepts no more tasks") {
  Broker broker;
  const auto client = broker.client();
  broker.core().shut_down(broker.now);
  broker.advance(1ms);
  CHECK(broker.take<Goodbye>(client).at(0).code == Errc::shutting_down);
  CHECK(broker.submit_rejected(client, task(1)).code == Errc::shutting_down);
}

TEST_CASE("a task that comes back unstarted after its deadline expires, and is not granted again") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  TaskOptions options;
  options.expires = 2s;
  broker.submit(client, {task(1, options)});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.advance_alive(3s, {client, worker});
  broker.send(worker, Return{{grant}, 2});
  CHECK(broker.grants(worker).empty());
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::expired);
}

TEST_CASE("a task that waits for a time of the wall clock starts at that time, also when the clock is set meanwhile") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  TaskOptions at;
  at.not_before = broker.now.unix_time + 2h;
  TaskOptions after;
  after.delay = 2h;
  broker.submit(client, {task(1, at), task(2, after)});
  SUBCASE("forward") {
    broker.now.unix_time += 1h;
    broker.advance_alive(30min, {client, worker});
    CHECK(broker.grants(worker).empty());
    broker.advance_alive(30min, {client, worker});
    CHECK(broker.grants(worker).size() == 1);  // a delay is counted by the steady clock
    broker.advance_alive(1h, {client, worker});
    CHECK(broker.grants(worker).size() == 1);
  }
  SUBCASE("forward over the time") {
    broker.now.unix_time += 3h;
    broker.advance(1ms);
    CHECK(broker.grants(worker).size() == 1);
  }
  SUBCASE("back") {
    broker.now.unix_time -= 1h;
    broker.advance_alive(2h, {client, worker});
    const auto grants = broker.grants(worker);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].id == id(2));
    broker.advance_alive(1h, {client, worker});
    CHECK(broker.grants(worker).size() == 1);
  }
}

}  // namespace submit_test
