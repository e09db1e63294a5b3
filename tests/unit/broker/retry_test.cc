#include "tests/unit/broker/broker.h"

namespace retry_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

namespace {

struct Running {
  explicit Running(TaskOptions options) : client{broker.client()}, worker{broker.worker(1000)} {
    broker.submit(client, {task(1, options)});
    grant = broker.grants(worker).at(0).grant;
  }
  // Returns the next grant of the task once `most` has passed. None: there is none.
  std::optional<Grant> next(Instant most) {
    broker.advance_alive(most, {client, worker});
    const auto grants = broker.grants(worker);
    return grants.empty() ? std::nullopt : std::optional{grants.at(0).grant};
  }
  Broker broker;
  Broker::Peer client;
  Broker::Peer worker;
  Grant grant;
};

}  // namespace

TEST_CASE("an error of the handler is final by default") {
  Running run{{}};
  run.broker.fail(run.worker, run.grant);
  const auto result = run.broker.results(run.client).at(0);
  CHECK(result.outcome.kind == OutcomeKind::failed);
  CHECK(result.outcome.error->message == "it broke");
  CHECK(run.next(100s) == std::nullopt);
}

TEST_CASE("an error of the handler is retried under retry_errors with exponential backoff until attempts run out") {
  TaskOptions options;
  options.retry_errors = true;
  options.max_attempts = 4;
  options.backoff = {1000ms, 3000ms, 0};
  Running run{options};
  for (const Instant wait : {Instant{1s}, Instant{2s}, Instant{3s}}) {  // 1 s, 2 s, then 4 s cut to the maximum of 3 s
    run.broker.fail(run.worker, run.grant);
    CHECK(run.next(wait - 1us) == std::nullopt);
    const auto next = run.next(1us);
    REQUIRE(next);
    CHECK(next->attempt == run.grant.attempt.next());
    run.grant = *next;
  }
  run.broker.fail(run.worker, run.grant);
  CHECK(run.broker.results(run.client).at(0).outcome.attempt == Attempt{4});
}

TEST_CASE("jitter stays within its percentage and differs between tasks") {
  TaskOptions options;
  options.retry_errors = true;
  options.backoff = {1000ms, 60'000ms, 20};
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1000);
  for (std::uint64_t n = 1; n <= 50; ++n) broker.submit(client, {task(n, options)});
  for (const auto& granted : broker.grants(worker)) broker.fail(worker, granted.grant);
  broker.advance(799ms);
  CHECK(broker.grants(worker).empty());
  broker.advance(200ms);
  const auto early = broker.grants(worker).size();
  broker.advance(201ms);
  const auto late = broker.grants(worker).size();
  CHECK(early > 5);
  CHECK(late > 5);
  CHECK(early + late == 50);
}

TEST_CASE("a handler that asks for another attempt gets it after the delay it asked for") {
  Running run{{}};
  run.broker.finish(run.worker, run.grant, {OutcomeKind::retry, {}, "", {}, ErrorReport{}}, 7000ms);
  CHECK(run.next(7s - 1us) == std::nullopt);
  CHECK(run.next(1us).value().attempt == Attempt{2});
}

TEST_CASE(
    "a task whose child dies is retried at once, and after the last attempt its submitter is told how the child died") {
  TaskOptions options;
  options.max_attempts = 2;
  Running run{options};
  run.broker.fail(run.worker, run.grant, OutcomeKind::lost, Errc::worker_lost);
  const auto second = run.broker.grants(run.worker);
  REQUIRE(second.size() == 1);
  CHECK(second[0].grant.attempt == Attempt{2});
  ErrorReport report;
  report.code = Errc::worker_lost;
  report.forensics.signal = 11;
  report.forensics.output = "last words";
  run.broker.finish(run.worker, second[0].grant, {OutcomeKind::lost, {}, "", {}, report});
  const auto result = run.broker.results(run.client).at(0);
  CHECK(result.outcome.kind == OutcomeKind::lost);
  CHECK(result.outcome.error->forensics.signal == 11);
  CHECK(result.outcome.error->forensics.output == "last words");
  CHECK(result.outcome.attempt == Attempt{2});
}

TEST_CASE("arguments that cannot be decoded, unknown tasks and too large results are never retried") {
  for (const Errc code : {Errc::arguments_undecodable, Errc::unknown_task, Errc::result_too_large}) {
    TaskOptions options;
    options.retry_errors = true;
    Running run{options};
    run.broker.fail(run.worker, run.grant, OutcomeKind::failed, code);
    CHECK(run.broker.results(run.client).at(0).outcome.error->code == code);
  }
}

TEST_CASE("an outcome of an attempt that is not current changes nothing, and is acknowledged") {
  TaskOptions options;
  options.max_attempts = 3;
  Running run{options};
  const Grant first = run.grant;
  run.broker.fail(run.worker, first, OutcomeKind::lost, Errc::worker_lost);
  const Grant second = run.broker.grants(run.worker).at(0).grant;
  run.broker.take<OutcomeAck>(run.worker);
  run.broker.succeed(run.worker, first, "stale");
  CHECK(run.broker.take<OutcomeAck>(run.worker).size() == 1);
  CHECK(run.broker.results(run.client).empty());
  run.broker.succeed(run.worker, {Epoch{99}, second.seq, second.attempt}, "of another epoch");
  CHECK(run.broker.results(run.client).empty());
  run.broker.succeed(run.worker, second, "right");
  run.broker.succeed(run.worker, second, "again");
  const auto results = run.broker.results(run.client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.value.view() == "right");
}

TEST_CASE("a worker cannot finish a task that was granted to another worker") {
  Running run{{}};
  const auto other = run.broker.worker(0);
  run.broker.succeed(other, run.grant, "stolen");
  CHECK(run.broker.results(run.client).empty());
}

}  // namespace retry_test
