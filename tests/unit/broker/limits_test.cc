#include "tests/unit/broker/broker.h"

namespace limits_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::test::id;

TEST_CASE("a queue rejects tasks beyond its length, and accepts tasks again once results are fetched") {
  CoreOptions options;
  options.queue.max_tasks = 2;
  Broker broker{options};
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1), task(2)});
  CHECK(broker.submit_rejected(client, task(3)).code == Errc::queue_full);
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  CHECK(broker.submit_rejected(client, task(3)).code == Errc::queue_full);  // the result still waits for its client
  broker.take<Results>(client);
  broker.send(client, ResultAck{{broker.last_taken()}});
  broker.submit(client, {task(3)});
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());
}

TEST_CASE("a queue rejects tasks beyond its bytes") {
  CoreOptions options;
  options.queue.max_bytes = 20;  // room for two tasks of nine bytes
  Broker broker{options};
  const auto client = broker.client();
  broker.submit(client, {task(1), task(2)});
  const Rejection rejection = broker.submit_rejected(client, task(3));
  CHECK(rejection.code == Errc::queue_full);
  CHECK(rejection.text.find("18 bytes") != std::string::npos);
  Submission elsewhere = task(4);
  elsewhere.edit().queue = "other";
  broker.submit(client, {elsewhere});
  CHECK(broker.take<SubmitAck>(client).at(0).rejected.empty());
}

TEST_CASE("a queue named in the options has limits of its own") {
  CoreOptions options;
  options.queues["tiny"] = {1, 1000};
  Broker broker{options};
  const auto client = broker.client();
  Submission one = task(1);
  one.edit().queue = "tiny";
  Submission two = task(2);
  two.edit().queue = "tiny";
  broker.submit(client, {one, task(3), task(4)});
  CHECK(broker.submit_rejected(client, two).code == Errc::queue_full);
}

TEST_CASE("payloads, queues and task names are limited") {
  CoreOptions options;
  options.max_payload = 8;
  options.names.queues = 1;
  options.names.task_types = 1;
  Broker broker{options};
  const auto client = broker.client();
  CHECK(broker.submit_rejected(client, task(1)).code == Errc::payload_too_large);
  Submission fits = task(2);
  fits.payload = {};
  broker.submit(client, {fits});
  Submission other_queue = task(3);
  other_queue.payload = {};
  other_queue.edit().queue = "second";
  CHECK(broker.submit_rejected(client, other_queue).code == Errc::too_many_queues);
  Submission other_name = task(4);
  other_name.payload = {};
  other_name.edit().name = "t.other";
  CHECK(broker.submit_rejected(client, other_name).code == Errc::too_many_queues);
  CHECK(broker.core().state().tasks.size() == 1);
}

TEST_CASE("a task that is larger than its queue is rejected for good, and those beside it are accepted") {
  CoreOptions options;
  options.queues["letters"] = {10, 8};  // a task has nine bytes
  Broker broker{options};
  const auto client = broker.client();
  Submission large = task(1);
  large.edit().queue = "letters";
  Submission small = task(2);
  small.edit().queue = "letters";
  small.payload = Payload::copy("12345678");
  broker.submit(client, {large, small, task(3)});
  const auto ack = broker.take<SubmitAck>(client).at(0);
  REQUIRE(ack.rejected.size() == 1);
  CHECK(ack.rejected[0].id == id(1));
  CHECK(ack.rejected[0].code == Errc::payload_too_large);
  CHECK(ack.rejected[0].text.find("queue letters holds at most 8") != std::string::npos);
  Submission process = task(4);
  process.edit().options.process = true;
  process.edit().queue = "letters";
  CHECK(broker.submit_rejected(client, process).text.find("queue letters holds at most 8") != std::string::npos);
}

TEST_CASE("any number of tasks may be rejected at once, for reasons that take many words") {
  Broker broker;
  const auto client = broker.client();
  Hello hello = Broker::worker_hello();
  for (const char letter : {'a', 'b', 'c', 'd', 'e'}) {
    hello.worker.tasks = {{"t.echo", std::string(limits::kMaxSignature, letter)}};
    broker.connect(hello);
  }
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= limits::kMaxRecords; ++n) {
    tasks.push_back(task(n));
    tasks.back().edit().signature = 4711;
  }
  broker.submit(client, tasks);
  const auto acks = broker.take<SubmitAck>(client);
  REQUIRE(acks.size() == 1);
  REQUIRE(acks[0].rejected.size() == tasks.size());
  CHECK(acks[0].rejected[0].code == Errc::signature_mismatch);
  CHECK(acks[0].rejected[0].text.starts_with("the workers have t.echo as aaa"));
}

TEST_CASE("results with long error texts go out in messages that their client can read") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1000);
  std::vector<Submission> tasks;
  for (std::uint64_t n = 1; n <= limits::kBatchTasks; ++n) tasks.push_back(task(n));
  broker.submit(client, tasks);
  Outcomes outcomes;
  ErrorReport report;
  report.type = report.message = report.backtrace = report.cause = std::string(limits::kMaxErrorText, 'x');
  for (const auto& granted : broker.grants(worker))
    outcomes.outcomes.push_back({granted.grant, {OutcomeKind::failed, {}, "", {}, report}, milliseconds{-1}, 10});
  broker.send(worker, outcomes);
  CHECK(broker.results(client).size() == tasks.size());
}

}  // namespace limits_test
