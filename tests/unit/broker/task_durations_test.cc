// How long tasks wait and run, by queue and name, and how their attempts end.
#include "broker/core/state/task_durations.h"

#include <numeric>

#include "tests/unit/broker/process_kit.h"

namespace forkmill::broker::test::task_durations_test {

namespace {

using Row = std::map<std::string, msgpack::object>;

CommonRef spec(const std::string& queue, const std::string& name) {
  CommonPart part;
  part.spec = std::make_shared<const TaskSpec>(TaskSpec{queue, name, 0, {}});
  return CommonRef{std::move(part)};
}

std::uint64_t all(const Histogram& histogram) {
  const auto& counts = histogram.counts();
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

const TaskSeries* series_of(const TaskDurations& times, const std::string& queue) {
  const TaskSeries* found = nullptr;
  times.visit([&](const TaskSeries& one) {
    if (one.queue == queue) found = &one;
  });
  return found;
}

}  // namespace

TEST_CASE("the wait of a task is the time from when it was due to its start, without its delay and its run") {
  Broker broker;
  const auto client = broker.client();
  TaskOptions later;
  later.delay = 5s;
  broker.submit(client, {task(1, later)});
  broker.advance(7s);
  const auto worker = broker.worker(1);
  const auto grant = broker.grants(worker).at(0).grant;
  broker.advance(3s);
  broker.send(
      worker,
      Outcomes{{{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}, milliseconds{-1}, 2'500'000}}, 1});
  const TaskSeries* series = series_of(broker.core().state().totals.times, "default");
  REQUIRE(series != nullptr);
  CHECK(series->task == "t.echo");
  CHECK(series->ran.sum_us() == 2'500'000);
  CHECK(series->waited.sum_us() == 2'500'000);  // 2 s in the queue, and half a second in the worker and on the way
  CHECK(series->ended[static_cast<std::size_t>(OutcomeKind::succeeded)] == 1);
}

TEST_CASE("the usual run of tasks follows a long one at once, and shorter ones after some dozens") {
  TaskSeries series;
  CHECK(series.usual_run == kNever);
  series.note_run(5us);
  CHECK(series.usual_run == 5us);
  series.note_run(100ms);
  CHECK(series.usual_run == 100ms);
  for (int i = 0; i < 12; ++i) series.note_run(5us);
  CHECK(series.usual_run > 40ms);
  for (int i = 0; i < 300; ++i) series.note_run(5us);
  CHECK(series.usual_run == 5us);
}

TEST_CASE("a worker that tells an impossible run makes no time negative") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  const auto grant = broker.grants(worker).at(0).grant;
  broker.send(
      worker,
      Outcomes{{{grant, {OutcomeKind::succeeded, {}, "", Payload::copy("r"), {}}, milliseconds{-1}, ~std::uint64_t{0}}},
               1});
  const TaskSeries* series = series_of(broker.core().state().totals.times, "default");
  REQUIRE(series != nullptr);
  CHECK(series->ran.sum_us() == 0);
  CHECK(series->waited.sum_us() == 0);
  CHECK(all(series->ran) == 1);
}

TEST_CASE("lost attempts are counted by what was lost, and have no times") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  broker.fail(worker, broker.grants(worker).at(0).grant, OutcomeKind::lost, Errc::worker_lost);
  broker.grants(worker);
  broker.send(worker, Goodbye{});
  const Totals& totals = broker.core().state().totals;
  CHECK(totals.lost.attempts == 2);
  CHECK(totals.lost.with_worker == 1);
  const TaskSeries* series = series_of(totals.times, "default");
  REQUIRE(series != nullptr);
  CHECK(series->ended[static_cast<std::size_t>(OutcomeKind::lost)] == 2);
  CHECK(all(series->waited) == 0);
  Answer answer = ask(broker, client, QueryKind::metrics);
  CHECK(answer.body.at("lost").as<std::map<std::string, std::uint64_t>>() ==
        std::map<std::string, std::uint64_t>{{"child", 1}, {"worker", 1}});
}

TEST_CASE("submitted tasks, retries and dead letters are counted by queue and task") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(2);
  broker.submit(client, {task(1), task(2)});
  const auto grants = broker.grants(worker);
  REQUIRE(grants.size() == 2);
  broker.fail(worker, grants[0].grant, OutcomeKind::lost, Errc::worker_lost);
  broker.fail(worker, grants[1].grant);
  broker.submit(client, {task(1)});  // again: the broker has it
  const TaskSeries* series = series_of(broker.core().state().totals.times, "default");
  REQUIRE(series != nullptr);
  CHECK(series->submitted == 2);
  CHECK(series->retried == 1);
  CHECK(series->dead == 1);
  const auto rows = ask(broker, client, QueryKind::metrics).body.at("times").as<std::vector<Row>>();
  CHECK(rows.at(0).at("submitted").as<int>() == 2);
  CHECK(rows.at(0).at("retried").as<int>() == 1);
  CHECK(rows.at(0).at("dead").as<int>() == 1);
}

TEST_CASE("workers that are gone are counted by the reason") {
  Broker broker;
  broker.send(broker.worker(1), Goodbye{});
  broker.worker(1);
  for (auto away = 0s; away < 2 * CoreOptions{}.session_timeout; away += 1s) broker.advance(1s);
  const auto client = broker.client();
  using Exits = std::map<std::string, std::uint64_t>;
  CHECK(ask(broker, client, QueryKind::metrics).body.at("worker_exits").as<Exits>() ==
        Exits{{"left", 1}, {"silent", 1}, {"replaced", 0}, {"with_parent", 0}, {"expelled", 0}});
}

TEST_CASE("the answer to QUERY metrics has the series, the bounds, and the store if there is one") {
  Broker broker;
  const auto client = broker.client();
  const auto worker = broker.worker(1);
  broker.submit(client, {task(1)});
  broker.succeed(worker, broker.grants(worker).at(0).grant);
  Answer answer = ask(broker, client, QueryKind::metrics);
  const auto rows = answer.body.at("times").as<std::vector<Row>>();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("queue").as<std::string>() == "default");
  CHECK(rows[0].at("attempts").as<std::map<std::string, int>>() == std::map<std::string, int>{{"succeeded", 1}});
  CHECK(rows[0].at("run").as<Row>().at("counts").as<std::vector<int>>() == std::vector<int>{1});
  CHECK(answer.body.at("bounds_us").via.array.size == Histogram::kBounds);
  CHECK_FALSE(answer.body.contains("store"));
  SelfReport self;
  self.store.emplace();
  self.store->changes = 7;
  self.store->commit_times.add(3ms);
  broker.core().set_self(self);
  answer = ask(broker, client, QueryKind::metrics);
  const auto store = answer.body.at("store").as<Row>();
  CHECK(store.at("changes").as<int>() == 7);
  CHECK(store.at("commit").as<Row>().at("sum_us").as<int>() == 3000);
}

TEST_CASE("names beyond the limit share one series, until others have not been used for long") {
  TaskDurations times;
  const auto name = [](std::size_t i) { return "q" + std::to_string(i); };
  for (std::size_t i = 0; i < TaskDurations::kMaxSeries; ++i) times.of(spec(name(i), "t"), 1s);
  const auto late = spec("late", "t");
  TaskSeries& others = times.of(late, 2s);
  CHECK(others.queue == TaskDurations::kOthers);
  CHECK(&times.of(spec("later", "t"), 2s) == &others);
  CHECK(&times.of(late, 2s) == &others);
  const auto used = spec(name(7), "t");
  const Instant long_after = 3s + TaskDurations::kUnused;
  times.of(used, long_after - 2s).ended[1] = 5;
  CHECK(times.of(spec("last", "t"), long_after).queue == "last");
  CHECK(times.of(used, long_after).ended[1] == 5);
  CHECK(times.of(late, long_after).queue == "late");
  CHECK(series_of(times, name(8)) == nullptr);
  CHECK(series_of(times, TaskDurations::kOthers) != nullptr);
}

TEST_CASE("a task that is moved to another queue counts there from then on") {
  TaskDurations times;
  const auto before = spec("q", "t");
  TaskSeries& first = times.of(before, 1s);
  CommonPart moved = before.part();
  own_spec(moved.spec).queue = "r";
  CHECK(times.of(CommonRef{std::move(moved)}, 1s).queue == "r");
  CHECK(&times.of(before, 1s) == &first);
}

TEST_CASE("tasks of one queue and name share a series, also those with a process of their own") {
  TaskDurations times;
  TaskSeries& first = times.of(spec("q", "t"), 1s);
  for (int i = 0; i < 100; ++i) CHECK(&times.of(spec("q", "t"), 1s) == &first);
  CHECK(&times.of(spec("q+process", "t"), 1s) == &first);
  CHECK(&times.of(spec("q", "u"), 1s) != &first);
}

}  // namespace forkmill::broker::test::task_durations_test
