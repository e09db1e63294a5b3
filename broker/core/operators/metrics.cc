#include "broker/core/operators/metrics.h"

#include <array>
#include <vector>

#include "broker/core/operators/why/ended.h"

namespace forkmill::broker {

namespace {

// Empty buckets at the end are left out.
PackedMap packed_histogram(const proto::Histogram& histogram) {
  const auto& counts = histogram.counts();
  std::size_t used = counts.size();
  while (used > 0 && counts[used - 1] == 0) --used;
  return PackedMap{}
      .add("sum_us", histogram.sum_us())
      .add("counts", std::vector<std::uint64_t>(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(used)));
}

PackedMap packed_series(const TaskSeries& series) {
  PackedMap attempts;
  for (std::size_t kind = 1; kind < TaskSeries::kKinds; ++kind) {
    if (series.ended[kind] > 0) attempts.add(outcome_name(static_cast<proto::OutcomeKind>(kind)), series.ended[kind]);
  }
  return PackedMap{}
      .add("queue", series.queue)
      .add("task", series.task)
      .add("attempts", attempts)
      .add("wait", packed_histogram(series.waited))
      .add("run", packed_histogram(series.ran))
      .add("submitted", series.submitted)
      .add("retried", series.retried)
      .add("dead", series.dead);
}

PackedMap packed_exits(const Totals& totals) {
  constexpr std::array<const char*, kWorkerExits> kNames{"left", "silent", "replaced", "with_parent", "expelled"};
  PackedMap map;
  for (std::size_t exit = 0; exit < kWorkerExits; ++exit) map.add(kNames[exit], totals.worker_exits[exit]);
  return map;
}

std::vector<std::uint64_t> bounds() {
  std::vector<std::uint64_t> us;
  for (std::size_t i = 0; i < proto::Histogram::kBounds; ++i) us.push_back(proto::Histogram::bound_us(i));
  return us;
}

PackedMap packed_logs(const TaskLogs& logs) {
  const TaskLogs::Meter& meter = logs.meter();
  return PackedMap{}
      .add("tasks", logs.tasks())
      .add("kept_bytes", logs.bytes())
      .add("max_bytes", logs.budget())
      .add("printed_bytes", meter.printed)
      .add("missing_bytes", meter.missing)
      .add("dropped_ended", meter.dropped_ended)
      .add("dropped_unfinished", meter.dropped_unfinished);
}

// Principals that have something at the broker.
std::vector<PackedMap> packed_principals(const Owners& owners) {
  std::vector<PackedMap> rows;
  for (const Owner& owner : owners.all()) {
    if (owner.tasks == 0 && owner.objects == 0 && owner.answer_bytes == 0 && owner.results.tasks == 0) continue;
    rows.push_back(PackedMap{}
                       .add("name", owner.name)
                       .add("tasks", owner.tasks)
                       .add("task_bytes", owner.bytes)
                       .add("objects", owner.objects)
                       .add("object_bytes", owner.object_bytes)
                       .add("answer_bytes", owner.answer_bytes)
                       .add("results", owner.results.tasks)
                       .add("result_bytes", owner.results.bytes));
  }
  return rows;
}

}  // namespace

ReplyBody metrics(const BrokerState& state, const SelfReport& self, const EventPulls& watching) {
  const Totals::Lost& lost = state.totals.lost;
  std::vector<PackedMap> series;
  state.totals.times.visit([&](const TaskSeries& one) { series.push_back(packed_series(one)); });
  PackedMap map;
  map.add("bounds_us", bounds())
      .add("times", series)
      .add("lost", PackedMap{}.add("child", lost.attempts - lost.with_worker).add("worker", lost.with_worker))
      .add("principals", packed_principals(state.tasks.owners))
      .add("worker_exits", packed_exits(state.totals));
  if (self.store) {
    map.add("store", PackedMap{}
                         .add("changes", self.store->changes)
                         .add("bytes", self.store->bytes)
                         .add("disk_full", state.shortage.disk)
                         .add("commit", packed_histogram(self.store->commit_times)));
  }
  map.add("events", PackedMap{}
                        .add("happened", state.events.end())
                        .add("kept", state.events.size())
                        .add("kept_bytes", state.events.bytes())
                        .add("subscribers", watching.waiting())
                        .add("told", watching.meter().told)
                        .add("missed", watching.meter().missed))
      .add("logs", packed_logs(state.tasks.logs));
  return map;
}

}  // namespace forkmill::broker
