// BrokerState: all that the broker knows, in one place, and what it wants done. The parts of the core (Submissions,
// Matching, TaskGrants …) hold the rules and share this state; none of them keeps state that another one needs.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/events/event_ring.h"
#include "broker/core/state/client.h"
#include "broker/core/state/clock.h"
#include "broker/core/state/identity.h"
#include "broker/core/state/options.h"
#include "broker/core/state/output.h"
#include "broker/core/state/paging_state.h"
#include "broker/core/state/task_durations.h"
#include "broker/core/state/worker.h"
#include "broker/core/tasks/controls.h"
#include "broker/core/tasks/deadlines.h"
#include "broker/core/tasks/offers.h"
#include "broker/core/tasks/queues.h"
#include "broker/core/tasks/task_types.h"
#include "broker/core/tasks/tasks.h"

namespace forkmill::broker {

// WorkerExit: why the broker has no worker any more.
enum class WorkerExit : std::uint8_t {
  left,         // stopped, drained or restarted
  silent,       // nothing was heard of it for the session timeout
  replaced,     // another peer has come with its session
  with_parent,  // the process in which it lived has ended
  expelled,     // may not be here any longer
};
inline constexpr std::size_t kWorkerExits = 5;

// Totals: counts since the start of the broker, but for `running` and `dead_letters`.
struct Totals {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t expired = 0;
  std::uint64_t running = 0;       // held by workers now
  std::uint64_t dead_letters = 0;  // kept now, on disk as well: is_dead_letter()
  // Attempts that ended because their child or their worker went away.
  struct Lost {
    std::uint64_t attempts = 0;
    std::uint64_t with_worker = 0;  // the worker itself went away
  };
  Lost lost;
  TaskDurations times;
  std::array<std::uint64_t, kWorkerExits> worker_exits{};  // by WorkerExit
  // Submissions, HELLOs and operations that were refused for lack of a right, or for a quota.
  struct Refused {
    std::uint64_t count = 0;
    std::string last;  // why the last one was, for the log
    Errc code = Errc::ok;
  };
  Refused refused;
};

// A spec that a client has submitted for the first time, or again after another one.
struct NewSpec {
  Instant at;  // when it came
  ClientHandle client;
  SharedSpec spec;
};

// Tasks for which UnservedNotices looks whether workers take them.
struct UnservedTasks {
  std::deque<NewSpec> new_specs;  // by rising `at`
  // Queues whose children all seem to wait for tasks of the same queue.
  struct NestedWait {
    Instant since;               // when that was seen first
    std::uint64_t finished = 0;  // tasks that the workers of the queue had finished by then
    bool confirmed = false;      // seen again later, and no other task was finished
  };
  std::map<std::string, NestedWait> nested_waits;
};

struct BrokerState {
  BrokerState(CoreOptions core_options, Identity who, proto::Now start);

  // Null: not known, or no longer.
  Client* client(ClientHandle handle) {
    auto found = clients.find(handle);
    return found == clients.end() ? nullptr : found->second.get();
  }
  Worker* worker(WorkerHandle handle) {
    auto found = workers.find(handle);
    return found == workers.end() ? nullptr : found->second.get();
  }

  // Appends an op that changes the task in the store.
  template <class Op>
  void rewrite(Task& task, Op&& op) {
    task.paging.rewritten = true;
    output.store(std::forward<Op>(op));
  }

  // Moves the task along the table of states.h. A step that is not in the table fails a check, since it is a bug.
  void step(Task& task, Event event);

  CoreOptions options;
  Identity identity;
  Clock clock;
  struct Shortage {
    bool disk = false;    // rejects what would have to be stored
    bool memory = false;  // rejects all tasks and values
  };
  Shortage shortage;
  Instant grace_until{0};  // nothing is granted before: see CoreOptions::restart_grace
  TaskTypes task_types;
  Tasks tasks;
  EventRing events;
  Controls controls;
  Queues queues;
  Offers offers;
  Deadlines deadlines;
  PagingState paging;
  std::unordered_map<ClientHandle, std::unique_ptr<Client>> clients;
  std::unordered_map<WorkerHandle, std::unique_ptr<Worker>> workers;
  std::unordered_map<proto::TaskSeq, proto::StartedNote> process_starts;  // processes of running tasks
  // Attempts that have ended since their workers were asked to hand them back; Cancels answers.
  struct SettledCancel {
    proto::TaskSeq task;
    proto::CancelState state;
  };
  std::vector<SettledCancel> settled_cancels;
  UnservedTasks unserved;
  Totals totals;
  Output output;
};

// Counts a task that has finished in the results of its owner; once more changes nothing.
void count_result(BrokerState& state, Task& task);
// Counts it no longer, if it is counted.
void uncount_result(BrokerState& state, Task& task);

// Returns when a task arrived. A task from before this broker's start arrived before it even if the wall clock was set
// back meanwhile: otherwise all stored tasks would wait until the clock has caught up.
inline Instant arrival(const BrokerState& state, proto::TaskSeq seq, milliseconds stamped) {
  const Instant at = state.clock.instant(stamped);
  return seq <= state.identity.last_seq ? std::min(at, state.clock.start()) : at;
}

}  // namespace forkmill::broker
