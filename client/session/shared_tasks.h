// The tasks of a session that have more to them than one waiter: those submitted under a key, and those that several
// futures wait for. Few: everything else is in the task table alone (task_table.h), which has the first waiter of
// these.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/session/task_table.h"
#include "proto/body_hash.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class SharedTasks {
 public:
  struct Waiter {
    Cookie cookie = 0;
    bool by_id = false;  // it asked for the task by its id: what becomes of a submission here is not its concern
  };
  struct Task {
    std::optional<std::uint64_t> body;  // of what was submitted here; empty: only asked for by its id
    bool first_by_id = false;           // the waiter in the task table
    std::vector<Waiter> further;        // in the order of their coming
  };

  // What must be the same in two submissions of one id.
  static std::uint64_t body_of(const proto::Submission& task) {
    return proto::body_hash(task.name, task.signature, task.payload.view());
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
  // Gives up what is known of a task.
  Task take(const TaskId& id) {
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
  // Waiters beside those in the task table.
  std::size_t further() const { return further_; }

 private:
  std::unordered_map<TaskId, Task> tasks_;
  std::size_t further_ = 0;
};

}  // namespace forkmill::client
