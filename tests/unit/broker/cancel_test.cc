#include "broker/core/state/worker.h"
#include "tests/unit/broker/broker.h"

namespace cancel_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::test::id;

TEST_CASE("a waiting task is cancelled at once") {
  Broker broker;
  const auto client = broker.client();
  TaskOptions later;
  later.delay = 5s;
  broker.submit(client, {task(1), task(2, later)});
  broker.send(client, Cancel{{id(1), id(2), id(3)}});
  const auto answers = broker.take<CancelReply>(client).at(0).answers;
  CHECK(answers == std::vector<CancelAnswer>{{id(1), CancelState::cancelled},
                                             {id(2), CancelState::cancelled},
                                             {id(3), CancelState::unknown}});
  const auto results = broker.results(client);
  REQUIRE(results.size() == 2);
  CHECK(results[0].outcome.kind == OutcomeKind::cancelled);
  CHECK(broker.grants(broker.worker(10)).empty());
  broker.send(client, Cancel{{id(1)}});
  CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::finished);
}

TEST_CASE("a prefetched grant is revoked before its cancel is answered") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{id(1)}});
  CHECK(broker.take<CancelReply>(client).empty());
  CHECK(broker.take<Revoke>(worker).at(0).grants == std::vector{grant});
  broker.send(worker, Revoked{{{grant, RevokeState::returned}}, 10});
  CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::cancelled);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a running task is asked to stop, and is cancelled when it does") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{id(1)}});
  broker.send(worker, Revoked{{{grant, RevokeState::stopping}}, 10});
  CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::requested);
  SUBCASE("the child is ended") {
    broker.fail(worker, grant, OutcomeKind::lost, Errc::worker_lost);
    CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
  }
  SUBCASE("the task finishes nevertheless") {
    broker.succeed(worker, grant);
    CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
  }
  CHECK(broker.grants(worker).empty());
}

TEST_CASE("a task that ends while its cancel is under way answers with what it became") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{id(1)}});
  broker.succeed(worker, grant);
  CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::finished);
  broker.send(worker, Revoked{{{grant, RevokeState::unknown}}, 10});
  CHECK(broker.take<CancelReply>(client).empty());
}

TEST_CASE("a worker that dies with a cancelled task answers the cancel") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  broker.send(client, Cancel{{id(1)}});
  broker.send(worker, Goodbye{});
  CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::cancelled);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
}

TEST_CASE("a revoke is repeated to a worker that comes back") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{id(1)}});
  Hello hello = Broker::worker_hello();
  hello.resume = worker.session;
  hello.worker.holding = {grant};
  const auto again = broker.connect(hello);
  broker.advance(1ms);
  CHECK(again.welcome.resumed);
  CHECK(broker.take<Revoke>(again).at(0).grants == std::vector{grant});
}

TEST_CASE("a task that a worker reports as cancelled on behalf of an earlier broker counts as cancelled") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.fail(worker, grant, OutcomeKind::cancelled);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
  CHECK(broker.core().state().totals.cancelled == 1);
  CHECK(broker.core().state().totals.failed == 0);
}

TEST_CASE("a cancel unless started ends what waits, and lets a running task go on") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  broker.submit(client, {task(1), task(2), task(3)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  broker.send(client, Cancel{{}, {id(1), id(2), id(3)}});
  CHECK(broker.take<CancelReply>(client).at(0).answers == std::vector<CancelAnswer>{{id(3), CancelState::cancelled}});
  const auto revoke = broker.take<Revoke>(worker).at(0);
  CHECK(revoke.grants.empty());
  CHECK(revoke.unless_started == std::vector{grants[0].grant, grants[1].grant});
  broker.send(worker, Revoked{{{grants[0].grant, RevokeState::started}, {grants[1].grant, RevokeState::returned}}, 2});
  CHECK(broker.take<CancelReply>(client).at(0).answers ==
        std::vector<CancelAnswer>{{id(1), CancelState::started}, {id(2), CancelState::cancelled}});
  broker.succeed(worker, grants[0].grant);
  std::vector<OutcomeKind> kinds;
  for (const auto& result : broker.results(client)) kinds.push_back(result.outcome.kind);
  CHECK(kinds == std::vector{OutcomeKind::cancelled, OutcomeKind::cancelled, OutcomeKind::succeeded});
}

TEST_CASE("a task whose cancel depends on its start is retried, and cancelled in full, like any other") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{}, {id(1)}});
  broker.take<Revoke>(worker);
  SUBCASE("its worker is lost after its start") {
    broker.send(worker, Revoked{{{grant, RevokeState::started}}, 2});
    broker.fail(worker, grant, OutcomeKind::lost, Errc::worker_lost);
    CHECK(broker.grants(worker).size() == 1);
  }
  SUBCASE("its worker hands it back before its start") {
    broker.send(worker, Return{{grant}, 2});
    CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::cancelled);
  }
  SUBCASE("a cancel follows: the answer to the first request is not taken for its own") {
    const auto operator_client = broker.client();
    broker.send(operator_client, Cancel{{id(1)}});
    CHECK(broker.take<Revoke>(worker).at(0).grants == std::vector{grant});
    broker.send(worker, Revoked{{{grant, RevokeState::started}}, 2});
    CHECK(broker.take<CancelReply>(client).at(0).answers[0].state == CancelState::started);
    CHECK(broker.take<CancelReply>(operator_client).empty());
    broker.send(worker, Revoked{{{grant, RevokeState::stopping}}, 2});
    CHECK(broker.take<CancelReply>(operator_client).at(0).answers[0].state == CancelState::requested);
  }
}

TEST_CASE("a client that cancels a running task several times is told once what became of it") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  for (int i = 0; i < 3; ++i) broker.send(client, Cancel{{id(1)}});
  broker.send(worker, Revoked{{{grant, RevokeState::stopping}}, 10});
  CHECK(broker.take<CancelReply>(client).at(0).answers == std::vector<CancelAnswer>{{id(1), CancelState::requested}});
}

TEST_CASE("a cancel of a task that has not started is answered when its attempt ends, although another one follows") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(10);
  broker.submit(client, {task(1)});
  const Grant grant = broker.grants(worker).at(0).grant;
  broker.send(client, Cancel{{}, {id(1)}});
  CHECK(broker.take<CancelReply>(client).empty());
  broker.fail(worker, grant, OutcomeKind::lost, Errc::worker_lost);  // in the place of an answer to REVOKE
  CHECK(broker.take<CancelReply>(client).at(0).answers == std::vector<CancelAnswer>{{id(1), CancelState::started}});
  const auto next = broker.grants(worker);
  REQUIRE(next.size() == 1);
  broker.succeed(worker, next[0].grant);
  CHECK(broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("more answers than one message may have go out in several") {
  Broker broker;
  const auto client = broker.client();
  Cancel cancel;
  for (std::uint64_t n = 1; n <= limits::kMaxRecords; ++n) cancel.ids.push_back(id(n));
  cancel.unless_started = {id(limits::kMaxRecords + 1)};
  broker.send(client, cancel);
  std::size_t answers = 0;
  for (const auto& reply : broker.take<CancelReply>(client)) answers += reply.answers.size();
  CHECK(answers == limits::kMaxRecords + 1);
}

TEST_CASE("all that a worker may hold can be revoked at once, in messages within the limits") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2 * limits::kMaxRecords);
  Cancel cancel;
  for (std::uint64_t n = 0; n < forkmill::broker::Worker::kMaxHeld; n += 128) {
    std::vector<Submission> tasks;
    for (std::uint64_t i = n; i < n + 128; ++i) tasks.push_back(task(i + 1));
    for (const Submission& one : tasks) (n == 0 ? cancel.unless_started : cancel.ids).push_back(one.id);
    broker.submit(client, std::move(tasks));
  }
  broker.send(client, cancel);
  std::size_t revoked = 0;
  for (const auto& revoke : broker.take<Revoke>(worker)) {
    CHECK(revoke.grants.size() + revoke.unless_started.size() <= limits::kMaxRecords);
    revoked += revoke.grants.size() + revoke.unless_started.size();
  }
  CHECK(revoked == forkmill::broker::Worker::kMaxHeld);
}

}  // namespace cancel_test
