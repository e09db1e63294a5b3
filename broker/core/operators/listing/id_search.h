// IdSearch: finds the tasks that a client calls by ids with a beginning, in slices, as MemoryWalk finds those of a
// list: there may be millions of tasks in memory and on disk, and commits and messages of others are dealt with between
// two slices. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/state/client.h"
#include "broker/core/tasks/tasks.h"

namespace forkmill::broker {

class IdSearch {
 public:
  // Slots of the table of tasks that one step() looks at; some tenths of a millisecond.
  static constexpr std::size_t kSlice = 4096;

  explicit IdSearch(std::string_view beginning) : digits_{digits_of(beginning)} {}

  // Looks at the next slice. Returns whether there is another one that is needed. `asker`: the same each time.
  bool step(const Tasks& tasks, const Client& asker);
  // Removes and returns the ids in the table of tasks that the asker may see: one or none, or more than one if there
  // are several. Any of them may be gone since it was found.
  std::vector<TaskId> release() { return std::move(found_); }

 private:
  std::string digits_;
  Tasks::HashPlace place_{};  // where to go on
  std::vector<TaskId> found_{};
};

}  // namespace forkmill::broker
