// SharedTasks: the tasks of a session for which the task table alone is not enough: those submitted under a key, and
// those with several waiters. The first waiter of such a task is in the task table (task_table.h), further ones here.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/session/cookie.h"
#include "proto/body_hash.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class SharedTasks {
 public:
  struct Waiter {
    Cookie cookie = 0;
    bool by_id = false;  // asked for the task by its id: the end of a submission from here does not end this wait
  };
  struct Task {
    std::optional<std::uint64_t> body;  // hash of the submission from here; empty: the task is only asked for by its id
    bool first_by_id = false;           // Waiter::by_id of the waiter in the task table
    std::vector<Waiter> further;        // in the order of their coming
  };

  // The hash of all that must be the same in two submissions of one id.
  static std::uint64_t body_of(const proto::Submission& task) {
    return proto::body_hash(task.spec->name, task.spec->signature, task.payload.view());
  }

  Task& at(const TaskId& id) { return tasks_[id]; }
  Task* find(const TaskId& id) {
    if (tasks_.empty()) return nullptr;
    const auto found = tasks_.find(id);
    return found == tasks_.end() ? nullptr : &found->second;
  }
  void add(Task& task, Waiter waiter) {
    task.further.push_back(waiter);
    ++further_;
  }
  // Removes a task, and returns what was known of it.
  Task remove(const TaskId& id) {
    if (tasks_.empty()) return {};
    auto node = tasks_.extract(id);
    if (node.empty()) return {};
    further_ -= node.mapped().further.size();
    return std::move(node.mapped());
  }
  template <class F>
  void for_each_further(const TaskId& id, F&& f) {
    if (const Task* task = find(id))
      for (const Waiter& waiter : task->further) f(waiter.cookie);
  }
  // The number of waiters beside those in the task table.
  std::size_t further() const { return further_; }

 private:
  std::unordered_map<TaskId, Task> tasks_;
  std::size_t further_ = 0;
};

}  // namespace forkmill::client
