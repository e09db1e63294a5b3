#include "tests/unit/broker/broker.h"

namespace retention_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::test::id;

namespace {

struct Finished {
  explicit Finished(CoreOptions options = {}, TaskOptions task_options = {}, bool fetch = true)
      : broker{options}, client{broker.client()}, worker{broker.worker(1000)} {
    broker.submit(client, {task(1, task_options), task(2, task_options), task(3, task_options)});
    for (const auto& granted : broker.grants(worker)) broker.succeed(worker, granted.grant);
    broker.take<Results>(client);
    for (std::uint64_t seq = 1; fetch && seq < 20; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
  }
  std::size_t known() { return broker.core().state().tasks.size(); }
  Broker broker;
  Broker::Peer client;
  Broker::Peer worker;
};

TEST_CASE("a failed task without dead_letter is forgotten when its result is fetched or over its time") {
  TaskOptions of_task;
  of_task.dead_letter = false;
  CoreOptions options;
  options.result_ttl = 10s;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1, of_task)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  REQUIRE(broker.results(client).size() == 1);
  SUBCASE("fetched") {
    for (std::uint64_t seq = 1; seq < 20; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
  }
  SUBCASE("over its time") {
    broker.send(client, Goodbye{});
    broker.advance_alive(11s, {worker});
  }
  CHECK(broker.core().state().tasks.size() == 0);
  CHECK(broker.core().state().queues.find("default")->budget.tasks() == 0);
}

}  // namespace

TEST_CASE("fetched results are kept for result_ttl, for clients that attach later") {
  CoreOptions options;
  options.result_ttl = 30s;
  Finished done{options};
  CHECK(done.known() == 3);
  done.broker.advance_alive(29s, {done.client, done.worker});
  CHECK(done.known() == 3);
  done.broker.advance_alive(1s, {done.client, done.worker});
  CHECK(done.known() == 0);
}

TEST_CASE("at most kept_results fetched results are kept, and the oldest are dropped first") {
  CoreOptions options;
  options.kept_results = 2;
  Finished done{options};
  CHECK(done.known() == 2);
  CHECK(done.broker.core().state().clients.size() == 1);
  done.broker.send(done.client, Attach{{id(1)}});
  CHECK(done.broker.results(done.client).at(0).outcome.error->code == Errc::task_unknown);
  done.broker.send(done.client, Attach{{id(3)}});
  CHECK(done.broker.results(done.client).at(0).outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("the result_ttl of a task itself is kept exactly") {
  CoreOptions options;
  options.result_ttl = 1h;
  TaskOptions own;
  own.result_ttl = 5s;
  Finished done{options, own};
  done.broker.advance_alive(5s - 1us, {done.client, done.worker});
  CHECK(done.known() == 3);
  done.broker.advance(1us);
  CHECK(done.known() == 0);
}

TEST_CASE("results under way to a live client are not dropped; when the client is gone they are kept for result_ttl") {
  CoreOptions options;
  options.result_ttl = 30s;
  Finished done{options, {}, false};
  done.broker.advance_alive(60s, {done.client, done.worker});
  CHECK(done.known() == 3);
  done.broker.advance_alive(12s, {done.worker});
  CHECK(done.broker.core().state().clients.empty());
  CHECK(done.known() == 3);
  CHECK(done.broker.core().state().queues.find("default")->budget.tasks() == 3);
  done.broker.advance_alive(30s, {done.worker});
  CHECK(done.known() == 0);
  CHECK(done.broker.core().state().queues.find("default")->budget.tasks() == 0);
  CHECK(done.broker.core().state().queues.find("default")->budget.bytes() == 0);
}

TEST_CASE("failed tasks are dead letters and keep their arguments") {
  CoreOptions options;
  options.dead_letters = 2;
  options.result_ttl = 1s;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(100);
  broker.submit(client, {task(1), task(2), task(3)});
  for (const auto& granted : broker.grants(worker)) broker.fail(worker, granted.grant);
  for (std::uint64_t seq = 1; seq < 20; ++seq) broker.send(client, ResultAck{{MessageSeq{seq}}});
  broker.advance_alive(5s, {client, worker});
  const auto tasks = broker.core().state().tasks.resident_tasks();
  CHECK(tasks.size() == 2);
  for (const auto* one : tasks) CHECK(one->payload.view() == "arguments");
}

TEST_CASE("a dead letter that a client attaches to and does not fetch stays a dead letter") {
  TaskOptions of_task;
  SUBCASE("the task has no key") {}
  SUBCASE("the task has a key") { of_task.key = "k"; }
  CoreOptions options;
  options.result_ttl = options.key_window = 10s;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1, of_task)});
  broker.fail(worker, broker.grants(worker).at(0).grant);
  broker.send(client, Goodbye{});
  broker.advance_alive(11s, {worker});  // the result has not been fetched
  const auto later = broker.client();
  broker.send(later, Attach{{id(1)}});
  REQUIRE(broker.results(later).size() == 1);
  broker.send(later, Goodbye{});
  broker.advance_alive(11s, {worker});
  CHECK(broker.core().state().tasks.size() == 1);
}

}  // namespace retention_test
