#include "broker/core/state/task_durations.h"

#include <utility>

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

TaskSeries& TaskDurations::find_or_make(const proto::TaskSpec& spec, Instant now) {
  const std::string_view queue = base_queue(spec.queue);
  std::string name = std::string{queue} + ' ' + spec.name;
  if (const auto found = by_name_.find(name); found != by_name_.end()) return *found->second;
  if (by_name_.size() >= kMaxSeries && !make_room(now)) return others_;
  auto series = std::make_unique<TaskSeries>();
  series->queue = queue;
  series->task = spec.name;
  return *by_name_.emplace(std::move(name), std::move(series)).first->second;
}

bool TaskDurations::make_room(Instant now) {
  constexpr Instant kBetweenLooks = std::chrono::seconds{1};
  if (now < next_look_) return false;
  next_look_ = now + kBetweenLooks;
  const auto gone = std::erase_if(by_name_, [&](const auto& one) { return now - one.second->used >= kUnused; });
  if (gone > 0) slots_ = {};
  return gone > 0;
}

}  // namespace forkmill::broker
