// Knowledge of a broker after a restart: tasks, those that still run in workers, and claims that are not true.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/broker/paged_kit.h"

namespace recovery_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::MemoryStore;
using forkmill::broker::test::id;

TEST_CASE("all tasks are on disk after a restart, in order, and belong to their submitters") {
  Paged paged;
  Hello hello;
  hello.name = "client";
  hello.instance = 4711;
  paged.client = paged.broker.connect(hello);
  paged.submit(1, 30);
  paged.broker.restart();
  CHECK(paged.paged_out() == 30);
  const auto back = paged.broker.connect(hello);
  const auto worker = paged.broker.worker(1);
  paged.broker.advance_alive(1s, {back, worker});
  CHECK(paged.work_off(worker) == ids(1, 30));
  CHECK(paged.broker.results(back).size() == 30);  // the client has not attached
}

TEST_CASE("tasks that ran when the broker ended go on in their workers, whether in memory or on disk") {
  Paged paged;
  paged.submit(1, 20);
  Hello worker_hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(worker_hello);
  paged.broker.send(worker, Credit{2});
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.restart();
  worker_hello.worker.holding = {held[0].grant, held[1].grant, {Epoch{1}, TaskSeq{9}, Attempt{2}}};
  worker_hello.worker.holding_store = "s";
  const auto back = paged.broker.connect(worker_hello);
  // The third grant has attempt 2, which the task has never had.
  CHECK(back.welcome.abandon == std::vector<Grant>{{Epoch{1}, TaskSeq{9}, Attempt{2}}});
  const auto other = paged.broker.worker(100);
  paged.broker.advance_alive(1s, {back, other});
  const auto granted = paged.broker.grants(other);
  REQUIRE_FALSE(granted.empty());
  CHECK(granted[0].id == id(3));
  const auto client = paged.broker.client();
  paged.broker.send(client, Attach{{id(1)}});
  paged.broker.succeed(back, held[0].grant, "from before");
  CHECK(paged.broker.results(client).at(0).outcome.value.view() == "from before");
  // The outcome is fenced off: another worker has the task now, and the grant is of an earlier epoch.
  paged.broker.succeed(back, {Epoch{1}, granted[0].grant.seq, granted[0].grant.attempt}, "wrong");
  CHECK(paged.broker.results(client).empty());
}

TEST_CASE("tasks that a worker claims and cannot have are not in memory all at once") {
  constexpr std::uint64_t kTasks = 40;
  MemoryStore store{"s", true};
  {
    Broker broker{tiny(), &store};
    const auto client = broker.client();
    for (std::uint64_t n = 1; n <= kTasks; ++n) {
      Submission one = task(n);
      one.payload = Payload::own(std::string(1024 * 1024, 'x'));
      broker.submit(client, {one});
    }
  }
  const auto opened = store.open().value();
  const Now now{1h, 1'700'000'000'000ms};
  forkmill::broker::Core core{tiny(), {opened.id, opened.epoch, opened.last, true, "test", {}, opened.last_seq}, now};
  REQUIRE(store.load([&](const forkmill::broker::TaskSummary& one) { core.recover(one); }).ok());
  core.finish_recovery();
  Hello hello = Broker::worker_hello();
  hello.worker.holding_store = opened.id;
  SUBCASE("of a queue that it does not serve") { hello.worker.queues = {"other"}; }
  SUBCASE("with another attempt than the next one") {}
  const Attempt attempt{hello.worker.queues[0] == "other" ? 1U : 2U};
  for (std::uint64_t n = 1; n <= kTasks; ++n) hello.worker.holding.push_back({Epoch{1}, TaskSeq{n}, attempt});
  core.handle(now, PeerId{1}, Envelope{{}, hello}, SessionId{7});
  std::size_t most = 0;
  std::size_t abandoned = 0;
  for (bool goes_on = true; goes_on;) {
    core.flush(now);
    const auto effects = core.take_effects();
    for (const auto& send : effects.sends)
      if (const auto* welcome = std::get_if<Welcome>(&send.envelope.message)) abandoned = welcome->abandon.size();
    for (const auto& request : effects.requests) {
      core.handle(now, serve(store, request).value());
      most = std::max(most, core.state().tasks.resident());
    }
    goes_on = !effects.requests.empty();
  }
  CHECK(abandoned == kTasks);
  CHECK(most <= 6);
}

TEST_CASE("a worker abandons a task that has ended since the restart, whether or not its result was fetched") {
  for (const bool is_fetched : {true, false}) {
    CAPTURE(is_fetched);
    Paged paged;
    paged.submit(1, 3);
    Hello worker_hello = Broker::worker_hello();
    const auto worker = paged.broker.connect(worker_hello);
    paged.broker.send(worker, Credit{1});
    const auto held = paged.broker.grants(worker);
    REQUIRE(held.size() == 1);
    paged.broker.restart();
    const auto client = paged.broker.client();
    paged.broker.send(client, Attach{{held[0].id}});
    paged.broker.send(client, Cancel{{held[0].id}});
    REQUIRE(paged.broker.results(client).size() == 1);
    // A result that was fetched counts no longer for its queue.
    if (is_fetched) paged.broker.send(client, ResultAck{{paged.broker.last_taken()}});
    worker_hello.worker.holding = {held[0].grant};
    worker_hello.worker.holding_store = "s";
    CHECK(paged.broker.connect(worker_hello).welcome.abandon == std::vector<Grant>{held[0].grant});
  }
}

TEST_CASE("a worker abandons the grants of another store") {
  Paged paged;
  paged.submit(1, 3);
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.send(worker, Credit{1});
  const auto held = paged.broker.grants(worker).at(0).grant;
  paged.broker.restart();
  hello.worker.holding = {held};
  hello.worker.holding_store = "another";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{held});
}

TEST_CASE("a worker does not come back with a task that was submitted since the start of the broker") {
  Paged paged;
  paged.broker.restart();
  const auto client = paged.broker.client();
  paged.broker.submit(client, {task(1)});
  const auto* fresh = paged.broker.core().state().tasks.find(id(1));
  REQUIRE(fresh != nullptr);
  const Grant forged{Epoch{1}, fresh->seq, Attempt{1}};
  Hello hello = Broker::worker_hello();
  hello.worker.holding = {forged};
  hello.worker.holding_store = "s";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{forged});
}

TEST_CASE("a task number that was granted before a restart and never stored is not given to another task") {
  Paged paged;
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.send(worker, Credit{1});
  paged.broker.hold_commits();
  paged.submit(1, 1);
  const auto held = paged.broker.grants(worker).at(0).grant;
  paged.broker.restart();
  paged.broker.release_commits();
  const auto client = paged.broker.client();
  paged.broker.submit(client, {task(2)});
  hello.worker.holding = {held};
  hello.worker.holding_store = "s";
  CHECK(paged.broker.connect(hello).welcome.abandon == std::vector<Grant>{held});
}

TEST_CASE("an at-most-once task is granted after the commit, and lost by a restart unless its worker returns with it") {
  Paged paged;
  TaskOptions once;
  once.at_most_once = true;
  paged.submit(1, 2, once);
  Hello hello = Broker::worker_hello();
  const auto worker = paged.broker.connect(hello);
  paged.broker.hold_commits();
  paged.broker.send(worker, Credit{2});
  CHECK(paged.broker.grants(worker).empty());
  paged.broker.release_commits();
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.restart();
  hello.worker.holding = {held[0].grant};
  hello.worker.holding_store = "s";
  const auto back = paged.broker.connect(hello);
  const auto client = paged.broker.client();
  paged.broker.send(client, Attach{ids(1, 2)});
  paged.broker.advance_alive(2s, {back, client});
  const auto results = paged.broker.results(client);
  REQUIRE(results.size() == 1);
  CHECK(results[0].id == id(2));
  CHECK(results[0].outcome.kind == OutcomeKind::lost);
  paged.broker.send(back, Credit{10});
  CHECK(paged.broker.grants(back).empty());
  paged.broker.succeed(back, held[0].grant);
  CHECK(paged.broker.results(client).at(0).outcome.kind == OutcomeKind::succeeded);
}

TEST_CASE("an at-most-once task is lost with its worker, but not when the worker returns it unstarted") {
  Paged paged;
  TaskOptions once;
  once.at_most_once = true;
  paged.submit(1, 2, once);
  const auto worker = paged.broker.worker(2);
  const auto held = paged.broker.grants(worker);
  REQUIRE(held.size() == 2);
  paged.broker.send(worker, Return{{held[0].grant}, 3});
  CHECK(paged.broker.grants(worker).at(0).id == held[0].id);
  paged.broker.send(worker, Goodbye{});
  const auto results = paged.broker.results(paged.client);
  REQUIRE(results.size() == 2);
  for (const auto& result : results) CHECK(result.outcome.kind == OutcomeKind::lost);
}

}  // namespace recovery_test
