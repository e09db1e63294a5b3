// Tasks: the table of all tasks that the broker knows. Near ones are in memory: their places never move, so a pointer
// stays good until the task is erased or put away; a TaskRef also notices that. Of far ones, which stand on disk, it
// knows the number.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "broker/core/far_index.h"
#include "broker/core/task.h"

namespace forkmill::broker {

// A task that may be gone by the time it is looked at.
class TaskRef {
 public:
  explicit TaskRef(Task& task) : task_{&task}, seq_{task.seq} {}
  // Null: it was erased or put away. (Its place may hold another task by now: numbers are never used again.)
  Task* get() const { return task_->seq == seq_ ? task_ : nullptr; }
  proto::TaskSeq seq() const { return seq_; }

 private:
  Task* task_;
  proto::TaskSeq seq_;
};

class Tasks {
 public:
  // `last`: the highest number that was ever given out.
  explicit Tasks(proto::TaskSeq last) : last_{last} {}

  // A new task with the next number. The id must not be in the table.
  Task& insert(const TaskId& id);
  // Near ones only.
  Task* find(const TaskId& id);
  void erase(Task& task);

  const std::unordered_map<TaskId, Task*>& near() const { return by_id_; }

  // Far tasks. Putting one away erases what is in memory.
  void put_away(Task& task, FarState state);
  void add_far(const TaskId& id, FarEntry entry) { far_.insert(id, entry); }
  // Empty: not known, or near.
  std::optional<FarEntry> find_far(const TaskId& id) const { return far_.find(id); }
  // A far task becomes a near one, with nothing but id and number.
  Task& bring_near(const TaskId& id);
  void erase_far(const TaskId& id) { far_.erase(id); }
  const FarIndex& far() const { return far_; }

  std::size_t size() const { return by_id_.size() + far_.size(); }

  // An id in text form, or the only one known, near or far, that begins so. The latter walks the table.
  std::optional<TaskId> named(std::string_view text) const;

 private:
  Task& place(const TaskId& id, proto::TaskSeq seq);

  std::deque<Task> places_;
  std::vector<Task*> free_;
  std::unordered_map<TaskId, Task*> by_id_;
  FarIndex far_;
  proto::TaskSeq last_;
};

}  // namespace forkmill::broker
