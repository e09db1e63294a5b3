// Promises of the core on a store that outlives it.
#include "tests/unit/broker/broker.h"

namespace durable_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

TEST_CASE("no message is acknowledged and no result sent before its commit") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.hold_commits();
  broker.submit(client, {task(1)});
  CHECK(broker.take<SubmitAck>(client).empty());
  broker.release_commits();
  CHECK(broker.take<SubmitAck>(client).size() == 1);
  broker.hold_commits();
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.take<OutcomeAck>(worker).empty());
  CHECK(broker.results(client).empty());
  broker.release_commits();
  CHECK(broker.take<OutcomeAck>(worker).size() == 1);
  CHECK(broker.results(client).size() == 1);
}

TEST_CASE("tasks of durability memory do not wait for the store, and end with the broker") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  broker.hold_commits();
  broker.submit(client, {task(1, in_memory)});
  CHECK(broker.take<SubmitAck>(client).size() == 1);
  broker.release_commits();
  broker.restart();
  CHECK(broker.core().state().tasks.size() == 0);
}

TEST_CASE("acknowledged tasks survive a restart, whether finished, waiting or delayed") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  TaskOptions later;
  later.delay = 1min;
  broker.submit(client, {task(1), task(2), task(3, later)});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.succeed(worker, grant, "done");
  broker.restart();

  const auto back = broker.client(client.session);
  CHECK_FALSE(back.welcome.resumed);
  CHECK(back.welcome.epoch == Epoch{2});
  broker.send(back, Attach{{id(1), id(2), id(3)}});
  const auto results = broker.results(back);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.value.view() == "done");
  const auto fresh = broker.worker(10);
  CHECK(broker.grants(fresh).empty());  // a worker may still run the task
  broker.advance_alive(1s, {back, fresh});
  const auto grants = broker.grants(fresh);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(2));
  CHECK(grants[0].grant.epoch == Epoch{2});
  broker.succeed(fresh, {Epoch{1}, grants[0].grant.seq, grants[0].grant.attempt}, "of the old epoch");
  CHECK(broker.results(back).empty());
  broker.succeed(fresh, grants[0].grant, "right");
  CHECK(broker.results(back).at(0).outcome.value.view() == "right");
}

TEST_CASE("headers of a task go to its worker, also after a restart, and wrong ones are refused") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  TaskOptions traced;
  traced.headers = {{"tenant", "a"}, {"traceparent", "00-1-2-01"}};
  TaskOptions wrong;
  wrong.headers = {{"Not A Name", ""}};
  broker.submit(client, {task(1, traced), task(2), task(3, traced), task(4, wrong)});
  const auto rejected = broker.take<SubmitAck>(client).at(0).rejected;
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].code == Errc::name_invalid);
  const auto first = broker.grants(broker.worker(1));
  REQUIRE(first.size() == 1);
  CHECK(first[0].spec->options.headers == traced.headers);
  broker.restart();
  const auto fresh = broker.worker(10);
  broker.advance_alive(1s, {fresh});
  const auto grants = broker.grants(fresh);
  REQUIRE(grants.size() == 3);
  CHECK(grants[0].spec->options.headers == traced.headers);
  CHECK(grants[1].spec->options.headers.empty());
  CHECK(grants[2].spec->options.headers == traced.headers);
}

TEST_CASE("attempts made before a restart count after it") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  TaskOptions options;
  options.retry_errors = true;
  options.max_attempts = 2;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1, options)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  broker.restart();
  const auto fresh = broker.worker(10);
  broker.advance_alive(2s, {fresh});
  const auto grants = broker.grants(fresh);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].grant.attempt == Attempt{2});
}

TEST_CASE("no commit is named to a peer before it is safe, so that a broker restarted without it does not look older") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  broker.hold_commits();
  broker.submit(client, {task(1)});
  CHECK(broker.client().welcome.commit == CommitSeq{0});
  TaskOptions in_memory;
  in_memory.durability = Durability::memory;
  broker.submit(client, {task(2, in_memory)});
  CHECK(broker.take<SubmitAck>(client).at(0).commit == CommitSeq{0});
  broker.release_commits();
  CHECK(broker.take<SubmitAck>(client).at(0).commit == CommitSeq{1});
  CHECK(broker.client().welcome.commit == CommitSeq{1});
}

TEST_CASE("a wall clock that was set back while the broker was down delays no task") {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
  const auto client = broker.client();
  TaskOptions later;
  later.delay = 1min;
  broker.submit(client, {task(1), task(2, later)});
  broker.now.unix_time -= 1h;
  broker.restart();
  const auto back = broker.client(client.session);
  const auto worker = broker.worker(10);
  broker.advance_alive(1s, {back, worker});
  auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(1));
  broker.advance_alive(1min, {back, worker});
  grants = broker.grants(worker);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].id == id(2));
}

TEST_CASE("a result that expired while the broker was down is kept for clients that return") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.result_ttl = 10min;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  broker.succeed(worker, broker.grants(worker).at(0).grant, "done");
  broker.now.steady += 1h;
  broker.now.unix_time += 1h;
  broker.restart();
  broker.advance(30s);
  const auto back = broker.client();
  broker.send(back, Attach{{id(1)}});
  const auto results = broker.results(back);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("an expired result is kept for clients that return even if a worker names its task before") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.result_ttl = 10min;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.succeed(worker, grant, "done");
  broker.now.steady += 1h;
  broker.now.unix_time += 1h;
  broker.restart();
  Hello hello = Broker::worker_hello();
  hello.worker.holding = {grant};
  hello.worker.holding_store = "s";
  broker.connect(hello);
  broker.advance(30s);
  const auto back = broker.client();
  broker.send(back, Attach{{id(1)}});
  const auto results = broker.results(back);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("a wall clock that was set back across a restart does not keep results beyond result_ttl") {
  MemoryStore store{"s", true};
  CoreOptions options;
  options.result_ttl = 10min;
  Broker broker{options, &store};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  broker.succeed(worker, broker.grants(worker).at(0).grant, "done");
  broker.now.unix_time -= 24h;
  broker.restart();
  broker.advance(10min + 1s);
  broker.advance(1s);
  CHECK(broker.core().state().tasks.size() == 0);
}

}  // namespace durable_test
