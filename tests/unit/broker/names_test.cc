// Names of queues and tasks: they cost nothing once nothing uses them.
#include "tests/unit/broker/broker.h"

namespace names_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;
using forkmill::broker::Queues;
using forkmill::broker::TaskTypes;
using forkmill::broker::test::id;

namespace {

std::size_t queues(Broker& broker) {
  const auto& all = broker.core().state().queues;
  return static_cast<std::size_t>(std::distance(all.begin(), all.end()));
}

Submission task_of(std::uint64_t n, std::string queue, std::string name = "t.echo", TaskOptions options = {}) {
  Submission one = task(n, std::move(options));
  one.edit().queue = std::move(queue);
  one.edit().name = std::move(name);
  return one;
}

// A worker that serves this queue alone runs the task, and the client fetches its result.
void run_once(Broker& broker, const Broker::Peer& client, const Submission& one) {
  Hello hello = Broker::worker_hello({one.spec->queue});
  hello.worker.tasks = {{one.spec->name, "str(str)"}};
  const auto worker = broker.connect(hello);
  broker.send(worker, Credit{1});
  broker.submit(client, {one});
  REQUIRE(broker.take<SubmitAck>(client).at(0).rejected.empty());
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  REQUIRE(broker.results(client).size() == 1);
  broker.send(client, ResultAck{{broker.last_taken()}});
  broker.send(worker, Goodbye{});
}

}  // namespace

TEST_CASE("programs may use any number of queues and task names, one after the other") {
  CoreOptions options;
  options.names.queues = 3;
  options.names.task_types = 3;
  Broker broker{options};
  const auto client = broker.client();
  for (std::uint64_t n = 1; n <= 100; ++n) {
    run_once(broker, client, task_of(n, "queue-" + std::to_string(n), "task-" + std::to_string(n)));
    broker.advance(1s);
    broker.send(client, Heartbeat{});
  }
  CHECK(queues(broker) <= 3);
  CHECK(broker.core().state().task_types.size() <= 3);
}

TEST_CASE("a queue is forgotten a while after its last task and its last worker, and works when it is named again") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10, {"served"});
  run_once(broker, client, task_of(1, "letters"));
  CHECK(queues(broker) == 2);
  broker.advance_alive(Queues::kKept + 2s, {client, worker});
  CHECK(broker.core().state().queues.find("letters") == nullptr);
  CHECK(broker.core().state().queues.find("served") != nullptr);
  run_once(broker, client, task_of(2, "letters"));
  CHECK(queues(broker) == 2);
}

TEST_CASE("a queue is kept for as long as it has a task, or a result that was not fetched") {
  Broker broker;
  const auto client = broker.client();
  TaskOptions delayed;
  delayed.delay = 10min;
  TaskOptions process;
  process.process = true;
  broker.submit(client, {task_of(1, "waiting"), task_of(2, "delayed", "t.echo", delayed),
                         task_of(3, "process", "t.echo", process)});
  const auto worker = broker.worker(10, {"done"});
  broker.submit(client, {task_of(4, "done")});
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  REQUIRE(broker.results(client).size() == 1);
  const MessageSeq done = broker.last_taken();
  broker.send(worker, Goodbye{});
  broker.advance_alive(5min, {client});
  for (const char* name : {"waiting", "delayed", "process", "process+process", "done"})
    CHECK(broker.core().state().queues.find(name) != nullptr);
  broker.send(client, Cancel{{id(1), id(2), id(3)}});
  REQUIRE(broker.results(client).size() == 3);
  broker.send(client, ResultAck{{done, broker.last_taken()}});
  broker.advance_alive(2 * Queues::kKept + 2s, {client});
  CHECK(queues(broker) == 0);
}

TEST_CASE("the queue of processes does not push its own queue of other tasks out of the limit") {
  CoreOptions options;
  options.names.queues = 2;
  Broker broker{options};
  const auto client = broker.client();
  TaskOptions process;
  process.process = true;
  broker.submit(client, {task_of(1, "letters")});
  // Two queues more than the one there is.
  CHECK(broker.submit_rejected(client, task_of(2, "prints", "t.echo", process)).code == Errc::too_many_queues);
  CHECK(queues(broker) <= 2);
  broker.send(client, Cancel{{id(1)}});
  broker.results(client);
  broker.send(client, ResultAck{{broker.last_taken()}});
  broker.advance_alive(Queues::kKept + 2s, {client});
  broker.submit(client, {task_of(3, "prints", "t.echo", process)});
  CHECK(broker.take<SubmitAck>(client).back().rejected.empty());
  CHECK(queues(broker) == 2);
}

TEST_CASE("a finished task is shown with queue and name after these are forgotten") {
  Broker broker;
  const auto client = broker.client();
  run_once(broker, client, task_of(1, "letters", "t.print"));
  broker.advance_alive(Queues::kKept + 2s, {client});
  REQUIRE(broker.core().state().queues.find("letters") == nullptr);
  Query query;
  query.id = 7;
  query.kind = QueryKind::task;
  query.argument = id(1).to_string();
  broker.send(client, query);
  const auto reply = broker.take<Reply>(client).at(0);
  CHECK(reply.code == Errc::ok);
  CHECK(reply.body.view().find("letters") != std::string_view::npos);
  CHECK(reply.body.view().find("t.print") != std::string_view::npos);
}

TEST_CASE("after a restart, results in the store take no queue from those that are in use") {
  CoreOptions options;
  options.names.queues = 2;
  MemoryStore store{"store", true};
  Broker broker{options, &store};
  auto client = broker.client();
  for (std::uint64_t n = 1; n <= 5; ++n) {
    run_once(broker, client, task_of(n, "queue-" + std::to_string(n)));
    broker.advance(1s);
    broker.send(client, Heartbeat{});
  }
  broker.restart();
  client = broker.client();
  broker.submit(client, {task_of(6, "six"), task_of(7, "seven")});
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());
  CHECK(broker.submit_rejected(client, task_of(8, "eight")).code == Errc::too_many_queues);
}

TEST_CASE("the number of a task type goes to another only when no task of it is unfinished") {
  TaskTypes types{2};
  const auto a = types.acquire("a", 1);
  const auto b = types.acquire("b", 1);
  REQUIRE((a.has_value() && b.has_value()));
  CHECK_FALSE(types.acquire("c", 1).has_value());
  CHECK(types.acquire("a", 1) == a);
  types.release(*a);
  CHECK_FALSE(types.acquire("c", 1).has_value());
  types.release(*a);
  const auto generation = types.generation(*a);
  CHECK(types.acquire("c", 1) == a);
  CHECK(types.generation(*a) != generation);
  CHECK(types.name(*a) == "c");
  CHECK(types.number("b", 1) == b);
}

TEST_CASE("a task type is counted by the number that it had, as long as no other has got that") {
  TaskTypes types{2};
  const auto a = types.acquire("a", 1);
  REQUIRE(a.has_value());
  REQUIRE(types.acquire("b", 1).has_value());
  const auto generation = types.generation(*a);
  CHECK(types.acquire_again(*a, generation));
  types.release(*a);
  types.release(*a);
  CHECK(types.acquire_again(*a, generation));  // no task of it is left, and it still has its number
  CHECK_FALSE(types.acquire("c", 1).has_value());
  types.release(*a);
  CHECK(types.acquire("c", 1) == a);
  CHECK_FALSE(types.acquire_again(*a, generation));
  types.release(*a);
  CHECK(types.acquire("a", 1) == a);  // as the refused call has counted nothing
}

}  // namespace names_test
