// Tasks: the table of all tasks that the broker knows. Near ones are in memory: their places never move, so a pointer
// stays good until the task is erased or put away; a TaskRef also notices that. Of far ones, which stand on disk, it
// knows the number.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/tasks/id_index.h"
#include "broker/core/tasks/task.h"

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

struct FarEntry {
  proto::TaskSeq seq;
  State state = State::ready;
  friend bool operator==(const FarEntry&, const FarEntry&) = default;
};

class Tasks {
 public:
  // `last`: the highest number that was ever given out.
  explicit Tasks(proto::TaskSeq last) : last_{last} {}

  // A new task with the next number. The id must not be in the table.
  Task& insert(const TaskId& id);
  // The next number for something that is no task.
  proto::TaskSeq next_number() { return last_ = last_.next(); }
  // Near ones only.
  Task* find(const TaskId& id) const;
  void erase(Task& task);

  // Far tasks. Putting one away erases what is in memory.
  void put_away(Task& task);
  void add_far(const TaskId& id, FarEntry entry);
  // Empty: not known, or near.
  std::optional<FarEntry> find_far(const TaskId& id) const;
  // A far task becomes a near one, with nothing but id and number.
  Task& bring_near(const TaskId& id);

  std::size_t near() const { return index_.size() - far_; }
  std::size_t far() const { return far_; }
  std::size_t size() const { return index_.size(); }

  // All near ones, in no order; all far ones.
  std::vector<const Task*> near_tasks() const;
  void visit_far(const std::function<void(const TaskId&, FarEntry)>& visitor) const;

  // An id in text form, or the only one known, near or far, that begins so. The latter walks the table.
  std::optional<TaskId> named(std::string_view text) const;

 private:
  Task& free_place();

  std::deque<Task> places_;
  std::vector<Task*> free_;
  IdIndex index_;  // the place of a near task, the number and state of a far one
  std::size_t far_ = 0;
  proto::TaskSeq last_;
};

}  // namespace forkmill::broker
