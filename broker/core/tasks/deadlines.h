// Deadlines: the tasks of which something is due, and when. Entries stay when they lose their meaning: the caller of
// pop_due() asks the task. When most entries must have lost it, those of tasks that are gone are swept out.
#pragma once

#include <algorithm>
#include <vector>

#include "broker/core/tasks/tasks.h"
#include "proto/buggify.h"

namespace forkmill::broker {

class Deadlines {
 public:
  void add(Instant due, Task& task) {
    if (heap_.size() >= sweep_at_ || proto::buggify(proto::Path::deadlines_swept)) sweep();
    heap_.push_back({due, TaskRef{task}});
    std::push_heap(heap_.begin(), heap_.end());
  }

  Instant next_due() const { return heap_.empty() ? proto::kNever : heap_.front().due; }
  std::size_t size() const { return heap_.size(); }

  // Removes and returns the next task of which something is due by `now`, or null. Erased tasks are
  // skipped.
  Task* pop_due(Instant now) {
    while (!heap_.empty() && heap_.front().due <= now) {
      Task* task = heap_.front().task.get();
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
      if (task != nullptr) return task;
    }
    return nullptr;
  }

 private:
  struct Entry {
    Instant due;
    TaskRef task;
    bool operator<(
        const Entry& other) const {  // the heap's top is the largest: the earliest due, then the earliest arrived
      return other.due != due ? other.due < due : other.task.seq() < task.seq();
    }
  };

  void sweep() {
    std::erase_if(heap_, [](const Entry& entry) { return entry.task.get() == nullptr; });
    std::make_heap(heap_.begin(), heap_.end());
    sweep_at_ = std::max(kFewest, heap_.size() * 2);
  }

  static constexpr std::size_t kFewest = 64 * 1024;
  std::vector<Entry> heap_;
  std::size_t sweep_at_ = kFewest;
};

}  // namespace forkmill::broker
