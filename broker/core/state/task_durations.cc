#include "broker/core/state/task_durations.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

TaskSeries& TaskDurations::find_or_make(const proto::TaskSpec& spec, Instant now) {
  const Names names{base_queue(spec.queue), spec.name};
  if (const auto found = by_name_.find(names); found != by_name_.end()) return *found->second;
  if (by_name_.size() >= kMaxSeries && !make_room(now)) return others_;
  auto series = std::make_unique<TaskSeries>();
  series->queue = names.queue;
  series->task = names.task;
  const Names own{series->queue, series->task};
  return *by_name_.emplace(own, std::move(series)).first->second;
}

std::vector<const TaskSeries*> TaskDurations::in_order() const {
  std::vector<const TaskSeries*> all;
  all.reserve(by_name_.size());
  for (const auto& [names, series] : by_name_) all.push_back(series.get());
  std::sort(all.begin(), all.end(), [](const TaskSeries* a, const TaskSeries* b) {
    return std::tie(a->queue, a->task) < std::tie(b->queue, b->task);
  });
  return all;
}

bool TaskDurations::make_room(Instant now) {
  constexpr Instant kBetweenLooks = std::chrono::seconds{1};
  if (now < next_look_) return false;
  next_look_ = now + kBetweenLooks;
  const auto gone = std::erase_if(by_name_, [&](const auto& one) { return now - one.second->used >= kUnused; });
  if (gone > 0) ++generation_;
  return gone > 0;
}

}  // namespace forkmill::broker
