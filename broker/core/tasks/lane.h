// Lane: the ready tasks of one client, priority and type in a queue, first come, first served. A lane has its beginning
// in memory, the resident part. When the lane is long, the rest is on disk, the paged-out part, of which only the
// numbers are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "broker/core/tasks/owners.h"
#include "broker/core/tasks/queue_limits.h"
#include "broker/core/tasks/seq_runs.h"
#include "broker/core/tasks/task.h"

namespace forkmill::broker {

// Names a share: the principal to which its tasks belong (its number in owners.h), and the client that has submitted
// them. An operator that retries dead letters submits tasks of several principals.
struct ShareKey {
  std::uint16_t owner;
  ClientHandle client;
  friend bool operator==(ShareKey, ShareKey) = default;
};

inline ShareKey key_of(const Task& task) { return {number_of(task.owner()), task.client()}; }

// Names a lane.
struct LaneKey {
  Queue* queue;
  int priority;
  ShareKey share;
  TaskTypeId type;
};

struct Lane {
  TaskTypeId type;
  TaskList tasks;  // the resident part
  std::size_t resident = 0;
  std::size_t resident_bytes = 0;
  SeqRuns paged_out;
  std::size_t on_their_way = 0;  // numbers taken from `paged_out` whose tasks have not come yet
  bool needs_refill = false;     // the lane is on the list of its queue, or is being refilled

  bool has_paged_out() const { return on_their_way > 0 || !paged_out.empty(); }
  std::size_t size() const { return resident + on_their_way + paged_out.size(); }
  // Counts the tasks that are granted before `task` of this lane. Stops at `most` of them.
  std::size_t count_before(const Task& task, std::size_t most) const;
  bool is_full(const ResidentLimits& limits) const {
    return resident >= limits.tasks || resident_bytes >= limits.bytes;
  }
  // Whether the resident part should be refilled.
  bool runs_low(const ResidentLimits& limits) const {
    return !paged_out.empty() && resident * 2 <= limits.tasks && resident_bytes * 2 <= limits.bytes;
  }

  // At the end of the resident part.
  void push_back(Task& task) {
    count_in(task);
    tasks.push_back(task);
  }
  // Before the tasks of the resident part that arrived later.
  void insert_by_seq(Task& task) {
    count_in(task);
    tasks.insert_by_seq(task);
  }
  void remove(Task& task) {
    tasks.remove(task);
    --resident;
    resident_bytes -= given_bytes(task);
  }

 private:
  void count_in(const Task& task) {
    ++resident;
    resident_bytes += given_bytes(task);
  }
};

// Share: the lanes of one client at one priority. Those of types that no worker has are kept apart, so that matching
// does not walk them, however many they are.
struct Share {
  using Serves = std::function<bool(TaskTypeId)>;

  ShareKey key;
  std::vector<Lane> lanes;
  std::unordered_map<TaskTypeId, Lane> unserved;
  std::size_t count = 0;  // ready tasks, paged-out ones as well

  // Made if there is none, among the unserved ones unless the type `is_served`.
  Lane& lane_of(TaskTypeId type, bool is_served);
  // Nothing is ready, and nothing is on its way.
  bool is_idle() const { return count == 0 && lanes.empty() && unserved.empty(); }
  void clear() {
    lanes.clear();  // keeps the memory of the list
    unserved.clear();
  }
  // Moves each lane to where it belongs.
  void sort(const TaskTypes& types);
  // Calls `visitor` with each lane, in no order.
  template <class Visitor>
  void visit(Visitor&& visitor) const {
    for (const Lane& lane : lanes) visitor(lane);
    for (const auto& [type, lane] : unserved) visitor(lane);
  }
  // The lane with the earliest resident task of a type that `serves` accepts, or null.
  Lane* next_lane(const Serves& serves);
  // Whether a lane of a type that `serves` accepts has tasks, but all of them on disk.
  bool awaits(const Serves& serves) const;
};

}  // namespace forkmill::broker
