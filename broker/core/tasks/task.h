// Task: all that the broker knows of one task. TaskList: a list of tasks that does not allocate.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "broker/core/tasks/states.h"
#include "broker/core/tasks/task_types.h"
#include "broker/store/records.h"
#include "proto/body_hash.h"
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
struct TaskSeries;

// CommonPart: what tasks have in common that one client has submitted alike. They share one.
struct CommonPart {
  SharedSpec spec;
  Queue* queue = nullptr;
  Owner* owner = nullptr;  // the submitter's principal
  ClientHandle client{};   // the submitter; its share of the queue as well
  TaskTypeId type = 0;     // until the tasks are finished
};

// SeriesPlace: where TaskDurations has found the series of tasks that share a CommonPart.
struct SeriesPlace {
  TaskSeries* series = nullptr;
  std::uint64_t generation = 0;
};

// CommonRef: shares a CommonPart, and stands for the spec in it. Half as large as a std::shared_ptr. One thread.
class CommonRef {
 public:
  CommonRef() = default;  // has no part
  explicit CommonRef(CommonPart part) : counted_{new Counted{std::move(part)}} {}
  CommonRef(const CommonRef& other) : counted_{other.counted_} {
    if (counted_ != nullptr) ++counted_->references;
  }
  CommonRef(CommonRef&& other) noexcept : counted_{std::exchange(other.counted_, nullptr)} {}
  CommonRef& operator=(CommonRef other) noexcept {
    std::swap(counted_, other.counted_);
    return *this;
  }
  ~CommonRef() {
    if (counted_ != nullptr && --counted_->references == 0) destroy(counted_);
  }

  explicit operator bool() const { return counted_ != nullptr; }
  const CommonPart& part() const { return counted_->part; }
  const SharedSpec& shared() const { return counted_->part.spec; }
  const proto::TaskSpec& operator*() const { return *counted_->part.spec; }
  const proto::TaskSpec* operator->() const { return counted_->part.spec.get(); }
  // For TaskDurations. A copy of the part has one of its own.
  SeriesPlace& series_place() const { return counted_->series; }

 private:
  struct Counted {
    CommonPart part;
    std::uint64_t references = 1;
    SeriesPlace series{};
  };

  // Not inlined: it is rare, and GCC 12 takes two of them in a row for one that frees twice.
  [[gnu::noinline]] static void destroy(const Counted* counted) noexcept { delete counted; }
  Counted* counted_ = nullptr;
};

// FinishedPart: the part of a task that has finished. It is kept apart, because most tasks in memory have not finished.
struct FinishedPart {
  proto::Outcome outcome;
  milliseconds at{0};
  std::uint64_t body_hash = 0;  // body_hash_of() the task
  Instant kept_until{0};
  ClientHandle due_to{};         // the client to which the result is still to be sent; none: it has been sent
  std::uint32_t deliveries = 0;  // deliveries under way to clients
  bool dropped = false;          // by an operator: erased as soon as no delivery is under way
  bool delivered = false;        // a client has acknowledged the result
  bool released = false;         // no longer counted in its queue's limits
  bool counted = false;          // in the results of its owner
  std::uint8_t shelf = 0;        // the shelf on which Retention keeps it
  std::size_t shelf_bytes = 0;   // kept_size() of the task, as it was put there
};

// RarePart: what few tasks have.
struct RarePart {
  Instant expires_at = proto::kNever;
  // Clients that wait for the result besides the submitter; once the task has finished, those to which the result is
  // still to be sent besides FinishedPart::due_to.
  std::vector<ClientHandle> watchers;
};

// Task: the parts that each task has. What tasks share, few have, or only finished ones, is kept apart, since there may
// be millions of tasks.
struct Task {
  Task() : links{} {}

  TaskId id;
  proto::TaskSeq seq;  // 0: this place in the table is free
  State state = State::submitted;
  bool durable = false;
  struct Cancelling {
    bool requested : 1 = false;
    bool unless_started : 1 = false;  // running: is cancelled if its worker hands it back
    bool signalled : 1 = false;       // running: its process was sent a signal, so it is cancelled as well
  };
  Cancelling cancelling;
  struct Paging {
    // Ready: its turn comes when its number comes up in the paged-out part of its lane.
    bool in_paged_out_part : 1 = false;
    bool rewritten : 1 = false;      // the task has changed on disk while it was in memory
    bool fetched_early : 1 = false;  // scheduled: came from the disk because it is due soon
  };
  Paging paging;
  proto::Attempt attempts;  // number of attempts, including one that runs
  proto::Epoch epoch;       // epoch of its grant
  CommonRef spec;
  proto::Payload payload;  // dropped when the task is finished, except for dead letters
  milliseconds submitted_at{0};
  Instant ready_at{0};  // ready: since this time; scheduled: from this time on

  // Neighbours in the list that the task is in: a lane of its queue, or one of the retention lists.
  struct Links {
    Task* previous = nullptr;
    Task* next = nullptr;
  };
  // The worker that has the task, and since when.
  struct Held {
    WorkerHandle worker;
    Instant granted_at{0};
  };
  // A task that runs is in no list.
  union {
    Links links;
    Held held;                // running, and until it joins a list again
    std::uint32_t next_free;  // a place without a task: the next one (task_slab.h)
  };

  std::unique_ptr<proto::Recycled<FinishedPart>> finished;  // null: the task has not finished
  std::unique_ptr<RarePart> rare;                           // null: it has nothing of that

  const proto::TaskOptions& options() const { return spec->options; }
  proto::Grant grant() const { return {epoch, seq, attempts}; }

  // Null once the task does not count towards the limits of its queue any more: the queue may be forgotten before it.
  Queue* queue() const { return finished != nullptr && finished->released ? nullptr : spec.part().queue; }
  Owner* owner() const { return spec.part().owner; }
  ClientHandle client() const { return spec.part().client; }
  TaskTypeId type() const { return spec.part().type; }
  // None: the task does not run.
  WorkerHandle worker() const { return state == State::running ? held.worker : WorkerHandle{}; }

  Instant expires_at() const { return rare == nullptr ? proto::kNever : rare->expires_at; }
  std::span<const ClientHandle> watchers() const {
    return rare == nullptr ? std::span<const ClientHandle>{} : rare->watchers;
  }
};

// Each waiting task costs this, and the bytes of its payload beyond Payload::kInline.
static_assert(sizeof(Task) <= 168);

// Returns the rare part of the task, which is made if there is none.
inline RarePart& edit_rare(Task& task) {
  if (task.rare == nullptr) task.rare = std::make_unique<RarePart>();
  return *task.rare;
}

// Returns a number that tells a repeated submission from another task with the same id.
inline std::uint64_t body_hash_of(const Task& task) {
  if (task.finished != nullptr) return task.finished->body_hash;
  return proto::body_hash(task.spec->name, task.spec->signature, task.payload.view());
}

// The task must still have its payload.
inline void set_finished(Task& task, proto::Outcome&& outcome, milliseconds at) {
  auto finished = std::make_unique_for_overwrite<proto::Recycled<FinishedPart>>();
  finished->outcome = std::move(outcome);
  finished->at = at;
  finished->body_hash = body_hash_of(task);
  task.finished = std::move(finished);
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

// Returns the bytes that count in the limits of the task's queue, and while it is unfinished in the quotas of its
// owner.
inline std::size_t counted_bytes(const Task& task) {
  return given_bytes(task) + (task.finished == nullptr ? 0 : task.finished->outcome.value.size());
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
    task.links = {};
  }

 private:
  void insert_before(Task* at, Task& task) {
    task.links = {at ? at->links.previous : last_, at};
    (task.links.previous ? task.links.previous->links.next : first_) = &task;
    (task.links.next ? task.links.next->links.previous : last_) = &task;
  }

  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

}  // namespace forkmill::broker
