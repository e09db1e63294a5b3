// The vocabulary of stores: the changes that the broker writes down (StoreOp), and the tasks and records that it reads
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "proto/wire/messages.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

using proto::milliseconds;

using proto::SharedSpec;
using proto::TaskSpec;

// PutTask: the broker has accepted a task.
struct PutTask {
  proto::TaskSeq seq;
  TaskId id;
  SharedSpec spec;
  proto::Payload payload;
  std::uint64_t owner = 0;       // instance of the client that waits for it; the same in all of its sessions
  milliseconds submitted_at{0};  // unix time
  friend bool operator==(const PutTask& a, const PutTask& b) {
    return a.seq == b.seq && a.id == b.id && *a.spec == *b.spec && a.payload == b.payload && a.owner == b.owner &&
           a.submitted_at == b.submitted_at;
  }
};

// Reschedule: `attempts` attempts have been made, and another one is due.
struct Reschedule {
  proto::TaskSeq seq;
  proto::Attempt attempts;
  milliseconds due{0};  // unix time
  friend bool operator==(const Reschedule&, const Reschedule&) = default;
};

// Dispatch: attempt `attempt` of an at-most-once task may begin from now on.
struct Dispatch {
  proto::TaskSeq seq;
  proto::Attempt attempt;
  friend bool operator==(const Dispatch&, const Dispatch&) = default;
};

// Requeue: the task is in that queue and has that priority from now on. A store that reads the task says so in its
// spec.
struct Requeue {
  proto::TaskSeq seq;
  std::string queue;
  std::int8_t priority = 0;
  friend bool operator==(const Requeue&, const Requeue&) = default;
};
// Changes the spec of one task.
inline void set_queue(SharedSpec& spec, const Requeue& op) {
  TaskSpec& own = proto::own_spec(spec);
  own.queue = op.queue;
  own.options.priority = op.priority;
}

// Finish: the task has its outcome. A task finishes once.
struct Finish {
  proto::TaskSeq seq;
  proto::Outcome outcome;
  milliseconds finished_at{0};  // unix time
  friend bool operator==(const Finish&, const Finish&) = default;
};

// Forget: the task and its result are no longer kept.
struct Forget {
  proto::TaskSeq seq;
  friend bool operator==(const Forget&, const Forget&) = default;
};

// PutRecord: writes a record, which is a piece of a named object and opaque to the store. A record with the same number
// is overwritten. Numbers of records and of tasks come from one rising counter.
struct PutRecord {
  proto::TaskSeq seq;
  std::string bytes;
  friend bool operator==(const PutRecord&, const PutRecord&) = default;
};

// EraseRecord: the record is no longer needed.
struct EraseRecord {
  proto::TaskSeq seq;
  friend bool operator==(const EraseRecord&, const EraseRecord&) = default;
};

using StoreOp = std::variant<PutTask, Reschedule, Dispatch, Requeue, Finish, Forget, PutRecord, EraseRecord>;

// Returns about how many bytes a store writes for the change.
inline std::size_t bytes_to_write(const StoreOp& op) {
  constexpr std::size_t kRow = 64;
  if (const auto* put = std::get_if<PutTask>(&op)) return kRow + proto::given_bytes(*put->spec, put->payload.size());
  if (const auto* finish = std::get_if<Finish>(&op)) return kRow + finish->outcome.bytes();
  if (const auto* record = std::get_if<PutRecord>(&op)) return kRow + record->bytes.size();
  return kRow;
}

// Progression: how far an unfinished task has come.
struct Progression {
  proto::Attempt attempts;  // made
  milliseconds due{0};      // unix time; 0: at once
  bool dispatched = false;  // one more attempt may have begun: see Dispatch
  friend bool operator==(const Progression&, const Progression&) = default;
};

// StoredTask: everything that a store knows of one task.
struct StoredTask {
  PutTask put;
  Progression progression;
  std::optional<Finish> finish;
  friend bool operator==(const StoredTask&, const StoredTask&) = default;
};

// Returns the size of the texts of an outcome that is no success.
inline std::size_t text_bytes(const proto::Outcome& outcome) {
  return outcome.kind == proto::OutcomeKind::succeeded ? 0 : outcome.bytes() - outcome.value.size();
}

// TaskSummary: what a starting broker needs to know of one task. Arguments and result stay in the store.
struct TaskSummary {
  proto::TaskSeq seq;
  TaskId id;
  SharedSpec spec;
  std::uint64_t payload_bytes = 0;
  std::uint64_t owner = 0;
  milliseconds submitted_at{0};
  Progression progression;
  struct End {
    proto::OutcomeKind kind = proto::OutcomeKind::succeeded;
    milliseconds finished_at{0};
    std::uint64_t bytes = 0;       // size of the value
    std::uint64_t text_bytes = 0;  // size of the texts of an error
    friend bool operator==(const End&, const End&) = default;
  };
  std::optional<End> end;
};

}  // namespace forkmill::broker
