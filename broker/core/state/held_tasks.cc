#include "broker/core/state/held_tasks.h"

#include <algorithm>
#include <iterator>

namespace forkmill::broker {

std::vector<Task*> HeldTasks::by_seq() const {
  std::vector<Task*> tasks;
  tasks.reserve(size_);
  std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(tasks),
               [](const Task* task) { return task != nullptr; });
  std::sort(tasks.begin(), tasks.end(), [](const Task* a, const Task* b) { return a->seq < b->seq; });
  return tasks;
}

void HeldTasks::resize(std::size_t slots) {
  const std::vector<Task*> before = std::exchange(slots_, std::vector<Task*>(slots));
  for (Task* task : before)
    if (task != nullptr) slots_[seek(task->seq)] = task;
}

}  // namespace forkmill::broker
