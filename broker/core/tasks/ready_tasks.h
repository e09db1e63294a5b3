// ReadyTasks: the tasks of one queue that are ready, in the order in which they are granted.
//
// Tasks of the highest priority come first. Within a priority the principals take turns, and so do the clients of each
// principal (priority_level.h), so that a client that submitted a million tasks does not make another one wait for
// them. Within a client's share the order of arrival counts. A worker that does not have the next task is given the
// next one that it has.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/tasks/priority_level.h"
#include "proto/mutants.h"

namespace forkmill::broker {

// TypeCounts: how many ready tasks there are, in all and of each type. The type that was counted last is found without
// a search: tasks of one type come in a row. The node of the type that was removed last is kept for the next one,
// because the tasks of a queue that is often empty come and go one by one.
class TypeCounts {
 public:
  void add(TaskTypeId type) {
    ++all_;
    ++(is_last(type) ? *last_ : *(last_ = &entry_of(type))).second;
  }
  void remove(TaskTypeId type) {
    --all_;
    if (!is_last(type)) last_ = &*by_type_.find(type);
    if (--last_->second > 0) return;
    last_ = nullptr;
    unused_ = by_type_.extract(type);
  }
  std::size_t all() const { return all_; }
  const std::unordered_map<TaskTypeId, std::size_t>& by_type() const { return by_type_; }

 private:
  using ByType = std::unordered_map<TaskTypeId, std::size_t>;

  bool is_last(TaskTypeId type) const { return last_ != nullptr && last_->first == type; }
  // Made if there is none.
  ByType::value_type& entry_of(TaskTypeId type) {
    const auto found = by_type_.find(type);
    if (found != by_type_.end() || !unused_) return found != by_type_.end() ? *found : *by_type_.emplace(type, 0).first;
    unused_.key() = type;
    unused_.mapped() = 0;
    return *by_type_.insert(std::move(unused_)).position;
  }

  std::size_t all_ = 0;
  ByType by_type_;
  ByType::value_type* last_ = nullptr;  // an entry of by_type_, or null
  ByType::node_type unused_;
};

class ReadyTasks {
 public:
  // `needs_refill` gets the lanes whose resident part runs low while there is a paged-out part, each lane once until
  // end_refill() is called.
  ReadyTasks(Queue& queue, ResidentLimits limits, std::vector<LaneKey>& needs_refill, const TaskTypes& task_types)
      : queue_{queue}, limits_{limits}, needs_refill_{needs_refill}, task_types_{task_types} {}

  // Adds a task at the end of its lane. The task's type, client and spec must be set, and must not change while it is
  // here. `in_paged_out_part` says afterwards in which part it is. A task that is not durable joins the paged-out part
  // only when others are there before it.
  void push(Task& task);
  // Adds a task that was granted and not started, before all tasks that arrived after it.
  void put_back(Task& task);
  void remove(Task& task);

  // Removes and returns the next task whose type `serves` accepts. Returns null if there is none, or if it is still to
  // be fetched.
  Task* pop(const Share::Serves& serves);

  std::size_t size() const { return counts_.all(); }
  // Returns whether no task is here, and none is on its way from the disk.
  bool is_idle() const;
  const std::unordered_map<TaskTypeId, std::size_t>& types() const { return counts_.by_type(); }
  bool has_tasks_of(ClientHandle client) const {
    return std::any_of(levels_.begin(), levels_.end(),
                       [&](const auto& one) { return one.second.has_tasks_of(client); });
  }
  // Calls `visitor` with the priority and each share, the highest priority first.
  template <class Visitor>
  void visit_shares(Visitor&& visitor) const {
    for (const auto& [priority, level] : levels_)
      for (const PriorityLevel::Group& group : level.groups())
        for (const Share& share : group.shares) visitor(priority, share);
  }

  // Removes and returns the next numbers of the lane. They are on their way until refill() has been called for each.
  std::vector<proto::TaskSeq> next_paged_out(const LaneKey& key);
  // Adds the task of the next number on its way. `task`: null when it is no longer ready.
  void refill(const LaneKey& key, Task* task);
  // Call when all numbers that were on their way have come.
  void end_refill(const LaneKey& key);
  // Counts a ready task on disk when the broker starts. `in_lane`: its number goes to the end of its lane, too.
  void add_paged_out(const LaneKey& key, proto::TaskSeq seq, bool in_lane);

 private:
  struct HighestFirst {
    bool operator()(int a, int b) const { return proto::mutant(proto::Mutant::priority_reversed) ? a < b : b < a; }
  };

  Share& share_of(const LaneKey& key) { return levels_[key.priority].share_of(key.share); }
  Share& share_of(const Task& task) { return levels_[task.options().priority].share_of(key_of(task)); }
  Lane& lane_of(Share& share, TaskTypeId type) { return share.lane_of(type, task_types_.is_served(type)); }
  Lane& lane_of(const LaneKey& key) { return lane_of(share_of(key), key.type); }
  void sort_lanes();
  void request_refill(const Share& share, Lane& lane, int priority);

  Queue& queue_;
  ResidentLimits limits_;
  std::map<int, PriorityLevel, HighestFirst> levels_;
  TypeCounts counts_;
  std::vector<LaneKey>& needs_refill_;
  const TaskTypes& task_types_;
  std::uint64_t sorted_for_ = 0;  // TaskTypes::served_version() when the lanes were sorted
};

// Returns the task with the earliest `ready_at` among the resident heads of all lanes, or null.
const Task* oldest_of(const ReadyTasks& ready);

// Ahead: what is granted before a ready task. Tasks that no worker has are left out.
struct Ahead {
  static constexpr std::size_t kMaxCounted = 10'000;

  std::size_t higher = 0;  // tasks of higher priority
  std::size_t before = 0;  // tasks of its client, priority and type; kMaxCounted: that many or more
  // With tasks of its priority, which take turns with its own.
  std::size_t clients = 0;     // other clients of its principal
  std::size_t principals = 0;  // other principals
};
// `task` is one of `ready`.
Ahead ahead_of(const ReadyTasks& ready, const Task& task);

}  // namespace forkmill::broker
