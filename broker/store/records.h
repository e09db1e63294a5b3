// What the broker writes down: changes on the way to a store, and tasks and records on the way back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "proto/wire/messages.h"

namespace forkmill::broker {

using proto::milliseconds;

// Everything about a task but its arguments: shared by all tasks that were submitted alike.
struct TaskSpec {
  std::string queue;
  std::string name;
  std::uint64_t signature = 0;
  proto::TaskOptions options;
  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};
using SharedSpec = std::shared_ptr<const TaskSpec>;  // never null

// A task was taken in.
struct PutTask {
  proto::TaskSeq seq;
  TaskId id;
  SharedSpec spec;
  proto::Payload payload;
  std::uint64_t owner = 0;       // the client that waits for it, as it calls itself through all of its sessions
  milliseconds submitted_at{0};  // unix time
  friend bool operator==(const PutTask& a, const PutTask& b) {
    return a.seq == b.seq && a.id == b.id && *a.spec == *b.spec && a.payload == b.payload && a.owner == b.owner &&
           a.submitted_at == b.submitted_at;
  }
};

// `attempts` have been made, and another one is due.
struct Reschedule {
  proto::TaskSeq seq;
  proto::Attempt attempts;
  milliseconds due{0};  // unix time
  friend bool operator==(const Reschedule&, const Reschedule&) = default;
};

// Attempt `attempt` of a task that must not run twice may begin from now on.
struct Dispatch {
  proto::TaskSeq seq;
  proto::Attempt attempt;
  friend bool operator==(const Dispatch&, const Dispatch&) = default;
};

// Terminal: a task is finished once.
struct Finish {
  proto::TaskSeq seq;
  proto::Outcome outcome;
  milliseconds finished_at{0};  // unix time
  friend bool operator==(const Finish&, const Finish&) = default;
};

// Its result is no longer kept.
struct Forget {
  proto::TaskSeq seq;
  friend bool operator==(const Forget&, const Forget&) = default;
};

// A piece of a named object; the store does not look into it. Made, or overwritten if there is one with this number,
// which comes from the same rising counter as those of tasks.
struct PutRecord {
  proto::TaskSeq seq;
  std::string bytes;
  friend bool operator==(const PutRecord&, const PutRecord&) = default;
};

// The piece is no longer needed.
struct EraseRecord {
  proto::TaskSeq seq;
  friend bool operator==(const EraseRecord&, const EraseRecord&) = default;
};

using StoreOp = std::variant<PutTask, Reschedule, Dispatch, Finish, Forget, PutRecord, EraseRecord>;

// How far an unfinished task has come.
struct Progression {
  proto::Attempt attempts;  // made
  milliseconds due{0};      // unix time; 0: at once
  bool dispatched = false;  // one more attempt may have begun: see Dispatch
  friend bool operator==(const Progression&, const Progression&) = default;
};

// Everything known of one task.
struct StoredTask {
  PutTask put;
  Progression progression;
  std::optional<Finish> finish;
  friend bool operator==(const StoredTask&, const StoredTask&) = default;
};

// What a broker that starts must know of one task; arguments and result stay where they are.
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
    std::uint64_t bytes = 0;  // of the value
    friend bool operator==(const End&, const End&) = default;
  };
  std::optional<End> end;
};

}  // namespace forkmill::broker
