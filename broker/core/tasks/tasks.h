// Tasks: the table of all tasks that the broker knows. Resident tasks are in memory. Their places never move, so a
// pointer is valid until the task is erased or paged out, which a TaskRef notices. Of paged-out tasks, which are on
// disk, the table knows the number, the state and the owner.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/core/logs/task_logs.h"
#include "broker/core/tasks/id_index.h"
#include "broker/core/tasks/owners.h"
#include "broker/core/tasks/recent_attempts.h"
#include "broker/core/tasks/task.h"
#include "broker/core/tasks/task_slab.h"

namespace forkmill::broker {

// TaskRef: a reference to a task that may be gone by the time it is used.
class TaskRef {
 public:
  explicit TaskRef(Task& task) : task_{&task}, seq_{task.seq} {}
  // Null: the task was erased or paged out. (Its place may hold another task by now: numbers are never used again.)
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
  std::uint16_t owner = 0;  // number of its owner
  friend bool operator==(const PagedOutEntry&, const PagedOutEntry&) = default;
};

// PagedOutTasks: the entries of the tasks that are on disk only, and how many there are in each state.
class PagedOutTasks {
 public:
  using Visitor = std::function<void(const TaskId&, PagedOutEntry)>;

  // The id must not be there.
  void insert(const TaskId& id, PagedOutEntry entry);
  std::optional<PagedOutEntry> find(const TaskId& id) const;
  // Removes and returns an entry, which must be there.
  PagedOutEntry take(const TaskId& id);

  std::size_t size() const { return entries_.size(); }
  std::size_t size(State state) const { return sizes_.at(static_cast<std::size_t>(state)); }
  void visit(const Visitor& visitor) const;
  // The entries of a range.
  void visit(const HashRange& range, const Visitor& visitor) const;
  std::size_t slots(std::size_t shard) const { return entries_.slots(shard); }

 private:
  IdIndex entries_;
  std::array<std::size_t, 8> sizes_{};
};

// Returns the digits of the beginning of an id: without hyphens, letters in lower case.
std::string digits_of(std::string_view prefix);
bool begins_with(const TaskId& id, std::string_view digits);
// Fewer digits name no task.
inline constexpr std::size_t kShortestBeginning = 8;
// Whether a task may be looked for by these digits: an id can begin with them, and they are not too few.
bool can_name_task(std::string_view digits);

class Tasks {
 public:
  // `last`: the highest number that was ever given out.
  explicit Tasks(proto::TaskSeq last) : last_{last} {}

  // Adds a new task with the next number. The id must not be in the table.
  Task& insert(const TaskId& id);
  // Returns the next number, for a record that is no task.
  proto::TaskSeq next_number() { return last_ = last_.next(); }
  proto::TaskSeq last_number() const { return last_; }
  // Returns a resident task. Null: the task is unknown or paged out.
  Task* find(const TaskId& id) const;
  void erase(Task& task);

  // ---- Paged-out tasks; put_away() erases the task from memory
  void put_away(Task& task);
  void add_paged_out(const TaskId& id, PagedOutEntry entry);
  // None: the task is unknown or resident.
  std::optional<PagedOutEntry> find_paged_out(const TaskId& id) const;
  // Makes a paged-out task resident, with nothing but its id and number.
  Task& page_in(const TaskId& id);

  std::size_t resident() const { return resident_.size(); }
  std::size_t paged_out() const { return paged_out_.size(); }
  std::size_t paged_out(State state) const { return paged_out_.size(state); }
  std::size_t size() const { return resident() + paged_out(); }

  // All resident tasks, in no order.
  std::vector<const Task*> resident_tasks() const;
  // The same in pieces: visits the tasks of `most` places in memory at most, from `place` on, and moves `place` to
  // where to go on. Returns false at the end. Tasks keep their places, and a new one may get any.
  bool visit_places(std::size_t& place, std::size_t most, const std::function<void(Task&)>& visitor) {
    return resident_.visit_some(place, most, visitor);
  }
  // The same from the last place to the first, so that new tasks mostly come first. `place` begins at the largest
  // number. A task that is inserted later may be visited or not.
  bool visit_places_back(std::size_t& place, std::size_t most, const std::function<void(Task&)>& visitor) {
    return resident_.visit_back(place, most, visitor);
  }
  // For audits: all paged-out tasks, in no order.
  void visit_paged_out(const std::function<void(const TaskId&, PagedOutEntry)>& visitor) const;

  // Earlier attempts of the tasks, on disk as well. erase() drops those of its task.
  RecentAttempts& recent_attempts() { return attempt_history_; }
  const RecentAttempts& recent_attempts() const { return attempt_history_; }

  // All tasks, in memory and on disk, in pieces of about `most` slots of the table: visits those of the next piece, and
  // moves `place`, which begins as HashPlace{}. Returns false at the end. A task that is there all the time is visited
  // once, also if it is paged out or in meanwhile; one that comes or goes may be visited or not.
  struct HashPlace {
    std::size_t shard = 0;
    std::uint64_t low = 0;
  };
  struct Visitor {
    std::function<void(const Task&)> resident;
    std::function<void(const TaskId&, PagedOutEntry)> paged_out;
  };
  bool visit_hashes(HashPlace& place, std::size_t most, const Visitor& visitor) const;

  Owners owners;  // owners of tasks and of named objects
  TaskLogs logs;  // logs of tasks, also of those on disk. erase() drops that of its task

 private:
  TaskSlab resident_;
  PagedOutTasks paged_out_;
  RecentAttempts attempt_history_;
  proto::TaskSeq last_;
};

}  // namespace forkmill::broker
