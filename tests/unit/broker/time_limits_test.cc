// Time limits that the broker keeps itself, because a worker does not.
#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test::time_limits_test {

namespace {

CoreOptions with_grace(milliseconds grace) {
  CoreOptions options;
  options.timeout_grace = grace;
  return options;
}

TaskOptions limited(milliseconds timeout, std::uint32_t attempts = 1) {
  TaskOptions options;
  options.timeout = timeout;
  options.max_attempts = attempts;
  options.backoff = {0ms, 0ms, 0};
  return options;
}

void report(Broker& broker, const Broker::Peer& worker, const Grant& grant) {
  ProcessRow row;
  row.pid = 50;
  row.role = ProcessRole::child;
  row.grant = grant;
  broker.send(worker, Report{{row}});
}

}  // namespace

TEST_CASE("an attempt that its worker does not end is ended after its timeout and a grace, and fenced") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1, limited(3s))});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.advance_alive(6s, {client, worker});
  CHECK(broker.results(client).empty());
  broker.advance_alive(3s, {client, worker});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome.kind == OutcomeKind::timed_out);
  CHECK(results[0].outcome.error->code == Errc::timed_out);
  CHECK(results[0].outcome.error->message ==
        "ran for longer than its timeout of 3000 ms, and worker worker did not end it");
  CHECK(broker.take<Revoke>(worker).at(0).grants == std::vector<Grant>{grant});
  CHECK(broker.take<ErrorMessage>(worker).at(0).code == Errc::timed_out);
  broker.core().state().totals.times.visit([](const TaskSeries& series) {
    CHECK(series.ended[static_cast<std::size_t>(OutcomeKind::timed_out)] == 1);
    CHECK(Instant{static_cast<std::int64_t>(series.ran.sum_us())} >= 7s);  // the timeout and the grace
    CHECK(Instant{static_cast<std::int64_t>(series.waited.sum_us())} < 2s);
  });
  broker.succeed(worker, grant, "too late");
  CHECK(broker.results(client).empty());
  CHECK(broker.core().state().totals.succeeded == 0);
}

TEST_CASE("a worker that lets two attempts run over their timeout is granted nothing more") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(9, {"default"}, 9);
  broker.submit(client, {task(1, limited(1s, 5))});
  CHECK(broker.grants(worker).size() == 1);
  broker.advance_alive(8s, {client, worker});
  const auto second = broker.grants(worker);
  REQUIRE(second.size() == 1);  // the first time may be bad luck
  CHECK(second[0].grant.attempt == Attempt{2});
  broker.advance_alive(8s, {client, worker});
  CHECK(broker.grants(worker).empty());
  const auto other = broker.worker(1);
  const auto third = broker.grants(other);
  REQUIRE(third.size() == 1);
  CHECK(third[0].grant.attempt == Attempt{3});
}

TEST_CASE("a task that waits in its worker is not over its timeout") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(3, {"default"}, 1);
  broker.submit(client, {task(1, limited(1s)), task(2, limited(1s)), task(3, limited(1s))});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 3);
  report(broker, worker, grants[1].grant);
  broker.advance_alive(3s, {client, worker});
  CHECK(broker.results(client).empty());
  broker.advance_alive(5s, {client, worker});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(2));
}

TEST_CASE("a worker without reports cannot hide what it runs behind tasks that wait in it") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(5, {"default"}, 2);
  broker.submit(client, {task(1), task(2, limited(1s)), task(3, limited(1s)), task(4, limited(1s)), task(5)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 5);
  broker.advance_alive(8s, {client, worker});
  CHECK(broker.results(client).empty());
  broker.advance_alive(4s, {client, worker});
  const auto first = broker.results(client);  // its two children run the tasks that it was granted first
  REQUIRE(first.size() == 1);
  CHECK(first[0].id == id(2));
  CHECK(first[0].outcome.kind == OutcomeKind::timed_out);
  broker.succeed(worker, grants[0].grant);
  broker.succeed(worker, grants[2].grant);
  broker.succeed(worker, grants[4].grant);
  (void)broker.results(client);
  broker.advance_alive(8s, {client, worker});
  const auto last = broker.results(client);
  REQUIRE(last.size() == 1);
  CHECK(last[0].id == id(4));
}

TEST_CASE("children that a worker reports as idle, or under grants that it does not have, hide no attempt either") {
  for (const Grant& shown : {Grant{}, Grant{Epoch{1}, TaskSeq{999}, Attempt{1}}}) {
    Broker broker{with_grace(4s)};
    const auto client = broker.client();
    const auto worker = broker.worker(3, {"default"}, 1);
    broker.submit(client, {task(1, limited(1s)), task(2, limited(1s)), task(3, limited(1s))});
    REQUIRE(broker.grants(worker).size() == 3);
    report(broker, worker, shown);
    broker.advance_alive(12s, {client, worker});
    const auto results = broker.results(client);
    REQUIRE(results.size() == 1);
    CHECK(results[0].id == id(1));
    CHECK(results[0].outcome.kind == OutcomeKind::timed_out);
  }
}

TEST_CASE("after the broker was suspended, each attempt has the grace: that it has ended may still be on its way") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  broker.submit(client, {task(1, limited(1s)), task(2, limited(1s))});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  broker.advance_alive(1s, {client, worker});
  broker.advance(1h);
  CHECK(broker.take<Revoke>(worker).empty());
  broker.succeed(worker, grants[0].grant);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
  broker.advance_alive(3s, {client, worker});
  CHECK(broker.results(client).empty());
  broker.advance_alive(2s, {client, worker});
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::timed_out);
}

TEST_CASE("an attempt that is handed back and granted again counts from its new grant") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto first = broker.worker(1);
  broker.submit(client, {task(1, limited(1s))});
  const Grant grant = broker.grants(first).at(0).grant;
  broker.advance_alive(4s, {client, first});
  const auto second = broker.worker(1);
  broker.send(first, Return{{grant}, 0, 0ms, ""});
  REQUIRE(broker.grants(second).at(0).grant == grant);
  broker.advance_alive(3s, {client, first, second});
  CHECK(broker.take<Revoke>(second).empty());
  broker.succeed(second, grant);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("a broker without a grace does not look for attempts over their timeout all the time") {
  Broker broker{with_grace(0ms)};
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1, limited(1s))});
  REQUIRE(broker.grants(worker).size() == 1);
  broker.advance_alive(500ms, {client, worker});
  CHECK(broker.core().next_wakeup() > broker.now.steady);
  broker.advance_alive(2s, {client, worker});
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::timed_out);
}

TEST_CASE("tasks without a timeout, and those that end in time, are left alone") {
  Broker broker{with_grace(4s)};
  const auto client = broker.client();
  const auto worker = broker.worker(2, {"default"}, 2);
  broker.submit(client, {task(1), task(2, limited(30s))});
  const auto grants = broker.grants(worker);
  broker.advance_alive(20s, {client, worker});
  CHECK(broker.take<Revoke>(worker).empty());
  broker.succeed(worker, grants[1].grant);
  broker.advance_alive(20s, {client, worker});
  CHECK(broker.take<Revoke>(worker).empty());
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

}  // namespace forkmill::broker::test::time_limits_test
