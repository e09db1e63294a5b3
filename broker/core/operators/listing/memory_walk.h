// MemoryWalk: finds the newest tasks in memory that a filter lets through, in slices: there may be millions of tasks in
// memory, and commits and messages of others are dealt with between two slices. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/tasks.h"
#include "proto/wire/operator_messages.h"

namespace forkmill::broker {

class MemoryWalk {
 public:
  // Places in memory that one step() looks at; some tenths of a millisecond.
  static constexpr std::size_t kSlice = 4096;
  // The same if a text is looked for in the first bytes of their arguments.
  static constexpr std::size_t kSliceOfArguments = 1024;

  // Which tasks are looked for: those that no store holds, or those that a store holds as well.
  enum class Of : std::uint8_t { memory_only, all };
  // Looks for tasks from the number `first` on that are in the table now.
  MemoryWalk(const Tasks& tasks, proto::TaskFilter filter, TaskVisibility visibility, proto::TaskSeq first, Of of);

  // Looks at the next slice. Returns whether there is another one.
  bool step(Tasks& tasks);
  // Removes and returns the tasks that were found, in no order: at most one more than a page lists. Any of them may
  // have changed, or be gone, since it was found.
  std::vector<TaskRef> release() { return std::move(newest_); }

 private:
  bool is_in_range(const Task& task) const;
  void add(Task& task);

  proto::TaskFilter filter_;
  TaskVisibility visibility_;
  proto::TaskSeq first_;
  proto::TaskSeq last_;
  std::size_t most_;
  Of of_;
  std::size_t place_ = std::numeric_limits<std::size_t>::max();  // where to go on
  std::vector<TaskRef> newest_{};                                // a heap with the oldest task in front
};

}  // namespace forkmill::broker
