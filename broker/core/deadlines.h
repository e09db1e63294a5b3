// Deadlines: which tasks have something due, and when. Entries are not taken out when they lose their meaning: whoever
// pops one asks the task.
#pragma once

#include <queue>
#include <vector>

#include "broker/core/tasks.h"

namespace forkmill::broker {

class Deadlines {
 public:
  void add(Instant due, Task& task) { heap_.push({due, TaskRef{task}}); }

  Instant next() const { return heap_.empty() ? proto::kNever : heap_.top().due; }

  // The next task of which something is due by `now`; null when none is. Erased tasks are passed over.
  Task* pop_due(Instant now) {
    while (!heap_.empty() && heap_.top().due <= now) {
      Task* task = heap_.top().task.get();
      heap_.pop();
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
  std::priority_queue<Entry> heap_;
};

}  // namespace forkmill::broker
