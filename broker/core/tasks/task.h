// Task: all that the broker knows of one task. TaskList: a list of tasks that does not allocate.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "broker/core/tasks/states.h"
#include "broker/core/tasks/task_types.h"
#include "broker/store/records.h"
#include "proto/recycled.h"
#include "proto/strong.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

using proto::Instant;
using proto::milliseconds;

using ClientHandle = proto::Strong<struct ClientHandleTag>;  // one client through all its sessions
using WorkerHandle = proto::Strong<struct WorkerHandleTag>;  // one worker through all its sessions

class Queue;
struct Owner;

// FinishedPart: the part of a task that has finished. It is kept apart, because most tasks in memory have not finished.
struct FinishedPart {
  proto::Outcome outcome;
  milliseconds at{0};
  Instant kept_until{0};
  ClientHandle due_to{};         // the client to which the result is still to be sent; none: it has been sent
  std::uint32_t deliveries = 0;  // deliveries under way to clients
  bool dropped = false;          // by an operator: erased as soon as no delivery is under way
  bool delivered = false;        // a client has acknowledged the result
  bool released = false;         // no longer counted in its queue's limits
  bool counted = false;          // in the results of its owner
  std::uint8_t shelf = 0;        // the shelf on which Retention keeps it
};

struct Task {
  TaskId id;
  proto::TaskSeq seq;  // 0: this place in the table is free
  State state = State::submitted;
  bool durable = false;
  struct Cancelling {
    bool requested = false;
    bool unless_started = false;  // running: is cancelled if its worker hands it back
    bool signalled = false;       // running: its process was sent a signal, so it is cancelled as well
  };
  Cancelling cancelling;
  struct Paging {
    bool in_paged_out_part = false;  // ready: its turn comes when its number comes up in the paged-out part of its lane
    bool rewritten = false;          // the task has changed on disk while it was in memory
    bool fetched_early = false;      // scheduled: came from the disk because it is due soon
  };
  Paging paging;
  TaskTypeId type = 0;          // until the task is finished
  proto::Attempt attempts;      // number of attempts, including one that runs
  proto::Epoch epoch;           // epoch of its grant
  Queue* queue = nullptr;       // null once the task does not count towards the limits of its queue any more
  ClientHandle client;          // the submitter; its share of the queue as well
  WorkerHandle worker;          // running: the worker that has it
  std::uint64_t body_hash = 0;  // tells a repeated submission from another task with the same id
  SharedSpec spec;
  proto::Payload payload;  // dropped when the task is finished, except for dead letters
  milliseconds submitted_at{0};
  Instant ready_at{0};    // ready: since this time; scheduled: from this time on
  Instant granted_at{0};  // running: since its worker has it
  Instant expires_at = proto::kNever;

  // A task counts in the limits of its queue, and while it is unfinished in the quotas of its owner.
  struct Counts {
    std::uint64_t bytes = 0;
    Owner* owner = nullptr;  // the submitter's principal
  };
  Counts counts;

  std::unique_ptr<proto::Recycled<FinishedPart>> finished;  // null: the task has not finished

  // Clients that wait for the result besides the submitter; once the task has finished, those to which the result is
  // still to be sent besides `finished->due_to`.
  std::unique_ptr<std::vector<ClientHandle>> watchers;

  // Neighbours in the list that the task is in: a lane of its queue, or one of the retention lists.
  struct Links {
    Task* previous = nullptr;
    Task* next = nullptr;
  };
  Links links;

  const proto::TaskOptions& options() const { return spec->options; }
  proto::Grant grant() const { return {epoch, seq, attempts}; }
};

inline void set_finished(Task& task, proto::Outcome outcome, milliseconds at) {
  task.finished =
      std::make_unique<proto::Recycled<FinishedPart>>(FinishedPart{.outcome = std::move(outcome), .at = at});
}

// Returns the bytes of what the submitter has given, as far as they are kept: arguments and headers.
inline std::size_t given_bytes(const Task& task) { return proto::given_bytes(*task.spec, task.payload.size()); }

// Returns the bytes that a finished task counts for in the results of its owner: `given`, which is kept of what the
// submitter has given; the value and the texts of the outcome; and about what the broker notes of it.
constexpr std::size_t result_bytes(std::size_t given, std::size_t value, std::size_t texts) {
  constexpr std::size_t kRecord = 512;
  return kRecord + given + value + texts;
}
inline std::size_t result_bytes(const Task& task) {
  const proto::Outcome& outcome = task.finished->outcome;
  return result_bytes(given_bytes(task), outcome.value.size(), text_bytes(outcome));
}

// Whether an operator has dropped the task; it is there only as long as a delivery is under way.
inline bool is_dropped(const Task& task) { return task.finished != nullptr && task.finished->dropped; }

// Whether the task has failed for good and stays for operators, at least until its result is fetched.
inline bool is_dead_letter(const Task& task) {
  return task.state == State::failed && task.options().dead_letter && !is_dropped(task);
}

// TaskList: a doubly linked list through the tasks themselves. A task is in one list at a time.
class TaskList {
 public:
  bool empty() const { return first_ == nullptr; }
  Task* front() const { return first_; }

  void push_back(Task& task) { insert_before(nullptr, task); }

  // Inserts the task before the first one with a higher seq; for tasks that come back to where they were.
  void insert_by_seq(Task& task) {
    Task* at = first_;
    while (at != nullptr && at->seq < task.seq) at = at->links.next;
    insert_before(at, task);
  }

  void remove(Task& task) {
    (task.links.previous ? task.links.previous->links.next : first_) = task.links.next;
    (task.links.next ? task.links.next->links.previous : last_) = task.links.previous;
    task.links.previous = task.links.next = nullptr;
  }

 private:
  void insert_before(Task* at, Task& task) {
    task.links.next = at;
    task.links.previous = at ? at->links.previous : last_;
    (task.links.previous ? task.links.previous->links.next : first_) = &task;
    (task.links.next ? task.links.next->links.previous : last_) = &task;
  }

  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

}  // namespace forkmill::broker
