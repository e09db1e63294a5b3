#include "broker/core/operators/listing/memory_walk.h"

#include <algorithm>
#include <utility>

#include "broker/core/operators/listing/listing.h"
#include "proto/buggify.h"

namespace forkmill::broker {

namespace {

bool is_newer(const TaskRef& a, const TaskRef& b) { return a.seq() > b.seq(); }

std::size_t slice_of_walk(const proto::TaskFilter& filter) {
  if (proto::buggify(proto::Path::short_page)) return 1;
  return filter.arguments.empty() ? MemoryWalk::kSlice : MemoryWalk::kSliceOfArguments;
}

}  // namespace

MemoryWalk::MemoryWalk(const Tasks& tasks, proto::TaskFilter filter, TaskVisibility visibility, proto::TaskSeq first,
                       Of of)
    : filter_{std::move(filter)},
      visibility_{std::move(visibility)},
      first_{first},
      last_{tasks.last_number()},
      most_{most_rows(filter_) + 1},
      of_{of} {}

bool MemoryWalk::step(Tasks& tasks) {
  return tasks.visit_places_back(place_, slice_of_walk(filter_), [this](Task& task) {
    if (!is_in_range(task)) return;
    // The filter is asked last: most tasks are older than those that were found.
    const bool is_wanted = newest_.size() < most_ || newest_.front().seq() < task.seq;
    if (is_wanted && passes(filter_, visibility_, task)) add(task);
  });
}

bool MemoryWalk::is_in_range(const Task& task) const {
  if (of_ == Of::all ? is_dropped(task) : task.durable) return false;
  return task.seq >= first_ && task.seq <= last_ && !(filter_.before && task.seq >= filter_.before);
}

void MemoryWalk::add(Task& task) {
  newest_.emplace_back(task);
  std::push_heap(newest_.begin(), newest_.end(), is_newer);
  if (newest_.size() <= most_) return;
  std::pop_heap(newest_.begin(), newest_.end(), is_newer);
  newest_.pop_back();
}

}  // namespace forkmill::broker
