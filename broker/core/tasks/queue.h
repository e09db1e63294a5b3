// Queue: the tasks of one queue that are ready, and how much the queue holds.
//
// Who is next: the highest priority; within it the clients take turns, so that one who submitted a million tasks does
// not make another one wait for them; within a client's share the order of arrival. A worker that does not know the
// next task is given the next one that it knows.
//
// A lane (the tasks of one kind in a share) has its beginning in memory, the resident part, and when it is long the
// rest on disk, the paged-out part, of which only the numbers are known. Whoever runs low is on the list of needs
// refill lanes.
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
  // `needs refill` is told the lanes whose resident part runs low while there is a paged-out one, each once until it
  // has been fed.
  Queue(std::string name, QueueOptions limits, ResidentLimits resident, std::vector<LaneKey>& needs_refill)
      : name_{std::move(name)}, limits_{limits}, resident_{resident}, needs_refill_{needs_refill} {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::string& name() const { return name_; }
  const QueueOptions& limits() const { return limits_; }

  // To the end of its line. The task's kind, client and spec must be set, and not change while it is here. Afterwards
  // its `in paged out line` says where it stands; tasks that are not durable go far only when others before them have.
  void push(Task& task);
  // A task that was handed out and not started: before all that arrived after it.
  void put_back(Task& task);
  void remove(Task& task);

  // Takes out the next task whose kind `serves` accepts. Null: there is none, or it is still to be fetched.
  Task* pop(const std::function<bool(KindId)>& serves);

  std::size_t ready() const { return ready_; }
  const std::unordered_map<KindId, std::size_t>& ready_kinds() const { return ready_kinds_; }
  // The oldest arrival among those ready and near, or null. Looks at the head of every lane.
  const Task* oldest() const;

  // The numbers that come next in the lane; they are on their way until `feed` has been called for each.
  std::vector<proto::TaskSeq> next_paged_out(const LaneKey& key);
  // The next number has come: its task, or null when it is no longer ready.
  void refill(const LaneKey& key, Task* task);
  // All that were on their way have come.
  void fed(const LaneKey& key);
  // At the start: a ready task on disk, at the end of its line, or without a place in it.
  void add_paged_out(const LaneKey& key, proto::TaskSeq seq, bool in_line);

  // Room for one more task of so many bytes?
  bool has_room(std::size_t bytes) const {
    if (proto::mutant(proto::Mutant::room_ignored)) return true;
    return held_tasks_ < limits_.max_tasks && held_bytes_ + bytes <= limits_.max_bytes;
  }
  // A task counts from its arrival until it is finished and its result delivered or dropped; its bytes may change on
  // the way.
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
  std::size_t workers = 0;     // sessions that serve it
  Queue* processes = nullptr;  // the line of those with a process of their own; null: there have been none

 private:
  struct Lane {
    KindId kind;
    TaskList tasks;  // the resident part
    std::size_t resident = 0;
    std::size_t resident_bytes = 0;
    SeqRuns paged_out;
    std::size_t on_their_way = 0;  // taken from `far`, not fed yet
    bool needs_refill = false;     // is on the list, or is being fed
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
  // Something for such a worker is on disk and comes next.
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
