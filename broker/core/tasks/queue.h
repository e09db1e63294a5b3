// Queue: the tasks of one queue that are ready, and how much the queue holds.
//
// Tasks of the highest priority come first. Within a priority the clients take turns, so that a client that submitted a
// million tasks does not make another one wait for them. Within a client's share the order of arrival counts. A worker
// that does not have the next task is given the next one that it has.
//
// A lane (the tasks of one kind in a share) has its beginning in memory, the resident part. When the lane is long, the
// rest is on disk, the paged-out part, of which only the numbers are known. A lane whose resident part runs low is on
// the list `needs_refill`.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/state/options.h"
#include "broker/core/tasks/seq_runs.h"
#include "broker/core/tasks/task.h"
#include "proto/mutants.h"

namespace forkmill::broker {

// Names a lane.
struct LaneKey {
  Queue* queue;
  int priority;
  ClientHandle client;
  KindId kind;
};

class Queue {
 public:
  // `needs_refill` gets the lanes whose resident part runs low while there is a paged-out part, each lane once until
  // fed() is called.
  Queue(std::string name, QueueOptions limits, ResidentLimits resident, std::vector<LaneKey>& needs_refill)
      : name_{std::move(name)}, limits_{limits}, resident_{resident}, needs_refill_{needs_refill} {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::string& name() const { return name_; }
  const QueueOptions& limits() const { return limits_; }

  // Adds a task at the end of its lane. The task's kind, client and spec must be set, and must not change while it is
  // here. `in_paged_out_line` says afterwards in which part it is. A task that is not durable joins the paged-out part
  // only when others are there before it.
  void push(Task& task);
  // Adds a task that was granted and not started, before all tasks that arrived after it.
  void put_back(Task& task);
  void remove(Task& task);

  // Removes and returns the next task whose kind `serves` accepts. Null: there is none, or it is still to be fetched.
  Task* pop(const std::function<bool(KindId)>& serves);

  std::size_t ready() const { return ready_; }
  const std::unordered_map<KindId, std::size_t>& ready_kinds() const { return ready_kinds_; }
  // Returns the task with the earliest `ready_at` among the resident heads of all lanes. Null: there is none.
  const Task* oldest() const;

  // Removes and returns the next numbers of the lane. They are on their way until refill() has been called for each.
  std::vector<proto::TaskSeq> next_paged_out(const LaneKey& key);
  // Adds the task of the next number on its way. `task`: null when it is no longer ready.
  void refill(const LaneKey& key, Task* task);
  // Ends the refill of a lane; call when all numbers that were on their way have come.
  void fed(const LaneKey& key);
  // Counts a ready task on disk when the broker starts. `in_line`: its number goes to the end of its lane, too.
  void add_paged_out(const LaneKey& key, proto::TaskSeq seq, bool in_line);

  // Returns whether there is room for one more task of `bytes` bytes.
  bool has_room(std::size_t bytes) const {
    if (proto::mutant(proto::Mutant::room_ignored)) return true;
    return held_tasks_ < limits_.max_tasks && held_bytes_ + bytes <= limits_.max_bytes;
  }
  // A task counts from its arrival until it is finished and its result is delivered or dropped; its bytes may change
  // meanwhile.
  void hold(std::size_t bytes) {
    ++held_tasks_;
    held_bytes_ += bytes;
  }
  void hold(Task& task, std::size_t bytes) {
    hold(bytes);
    task.held_bytes = bytes;
  }
  void change(Task& task, std::size_t bytes);
  void release(Task& task);
  std::size_t held_tasks() const { return held_tasks_; }
  std::size_t held_bytes() const { return held_bytes_; }

  std::size_t scheduled = 0;
  std::size_t running = 0;
  std::size_t workers = 0;     // sessions of workers that serve it
  Queue* processes = nullptr;  // its tasks with a process of their own; null: there have been none

 private:
  struct Lane {
    KindId kind;
    TaskList tasks;  // the resident part
    std::size_t resident = 0;
    std::size_t resident_bytes = 0;
    SeqRuns paged_out;
    std::size_t on_their_way = 0;  // numbers taken from `paged_out`, for which refill() is still to come
    bool needs_refill = false;     // the lane is on the list, or is being refilled
    bool has_paged_out() const { return on_their_way > 0 || !paged_out.empty(); }
  };
  struct Share {
    ClientHandle client;
    std::vector<Lane> lanes;
    std::size_t count = 0;
  };
  using Rotation = std::list<Share>;
  struct Level {
    Rotation rotation;
    std::unordered_map<ClientHandle, Rotation::iterator> by_client;
  };
  struct HighestFirst {
    bool operator()(int a, int b) const { return proto::mutant(proto::Mutant::priority_reversed) ? a < b : b < a; }
  };

  Share& share_of(int priority, ClientHandle client);
  Share& share_of(const Task& task) { return share_of(task.options().priority, task.client); }
  static Lane& lane_of(Share& share, KindId kind);
  Lane& lane_of(const LaneKey& key) { return lane_of(share_of(key.priority, key.client), key.kind); }
  void count_in(const Task& task, Share& share);
  void count_out(const Task& task, Share& share);
  void link(Lane& lane, Task& task);
  void unlink(Lane& lane, Task& task);
  bool full(const Lane& lane) const {
    return lane.resident >= resident_.tasks || lane.resident_bytes >= resident_.bytes;
  }
  void check_hunger(const Share& share, Lane& lane, int priority);
  // Returns whether a lane that `serves` accepts has no resident task, but tasks on disk.
  static bool awaits(const Share& share, const std::function<bool(KindId)>& serves);
  Lane* next_lane(Share& share, const std::function<bool(KindId)>& serves);
  void drop_if_empty(Level& level, Rotation::iterator share);

  std::string name_;
  QueueOptions limits_;
  ResidentLimits resident_;
  std::map<int, Level, HighestFirst> levels_;
  std::size_t ready_ = 0;
  std::unordered_map<KindId, std::size_t> ready_kinds_;
  std::size_t held_tasks_ = 0;
  std::size_t held_bytes_ = 0;
  std::vector<LaneKey>& needs_refill_;
};

}  // namespace forkmill::broker
