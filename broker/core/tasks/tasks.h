// Tasks: the table of all tasks that the broker knows. Near ones are in memory: their places never move, so a pointer
// stays good until the task is erased or put away; a TaskRef also notices that. Of far ones, which stand on disk, it
// knows the number.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
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

using TaskIds = std::unordered_map<proto::TaskSeq, TaskId>;

struct PagedOutEntry {
  proto::TaskSeq seq;
  State state = State::ready;
  friend bool operator==(const PagedOutEntry&, const PagedOutEntry&) = default;
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
  void add_paged_out(const TaskId& id, PagedOutEntry entry);
  // Empty: not known, or near.
  std::optional<PagedOutEntry> find_paged_out(const TaskId& id) const;
  // A far task becomes a near one, with nothing but id and number.
  Task& page_in(const TaskId& id);

  std::size_t resident() const { return index_.size() - paged_out_; }
  std::size_t paged_out() const { return paged_out_; }
  std::size_t size() const { return index_.size(); }

  // All near ones, in no order; all far ones.
  std::vector<const Task*> resident_tasks() const;
  void visit_paged_out(const std::function<void(const TaskId&, PagedOutEntry)>& visitor) const;

  // An id in text form, or the only one known, near or far, that begins so. The latter walks the table.
  std::optional<TaskId> named(std::string_view text) const;

 private:
  Task& free_place();

  std::deque<Task> places_;
  std::vector<Task*> free_;
  IdIndex index_;  // the place of a resident task, the number and state of a paged-out one
  std::size_t paged_out_ = 0;
  proto::TaskSeq last_;
};

}  // namespace forkmill::broker
