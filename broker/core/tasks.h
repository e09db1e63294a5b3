// Tasks: the table of all tasks that the broker knows. Places never move, so a pointer stays good until its task is
// erased; a TaskRef also notices that.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "broker/core/task.h"

namespace forkmill::broker {

// A task that may be gone by the time it is looked at.
class TaskRef {
 public:
  explicit TaskRef(Task& task) : task_{&task}, seq_{task.seq} {}
  // Null: it was erased. (Its place may hold another task by now: numbers are never used again.)
  Task* get() const { return task_->seq == seq_ ? task_ : nullptr; }
  proto::TaskSeq seq() const { return seq_; }

 private:
  Task* task_;
  proto::TaskSeq seq_;
};

class Tasks {
 public:
  // A new task with the next number. The id must not be in the table.
  Task& insert(const TaskId& id);
  // The same with a number given: recovery, by rising numbers.
  Task& insert(const TaskId& id, proto::TaskSeq seq);
  Task* find(const TaskId& id);
  // By id in text form or an unambiguous beginning of it; null for none or more than one. Walks the table.
  Task* find_by_prefix(std::string_view text);
  void erase(Task& task);

  std::size_t size() const { return by_id_.size(); }
  const std::unordered_map<TaskId, Task*>& all() const { return by_id_; }

 private:
  std::deque<Task> places_;
  std::vector<Task*> free_;
  std::unordered_map<TaskId, Task*> by_id_;
  proto::TaskSeq last_;
};

}  // namespace forkmill::broker
