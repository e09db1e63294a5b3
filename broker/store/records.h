// What the broker writes down: changes on the way to a store, and tasks on the way back.
#pragma once

#include <optional>
#include <variant>

#include "proto/messages.h"

namespace forkmill::broker {

using proto::milliseconds;

// A task was taken in.
struct PutTask {
  proto::TaskSeq seq;
  proto::Submission submission;
  milliseconds submitted_at{0};  // unix time
  friend bool operator==(const PutTask&, const PutTask&) = default;
};

// `attempts` have been made, and another one is due.
struct Reschedule {
  proto::TaskSeq seq;
  proto::Attempt attempts;
  milliseconds due{0};  // unix time
  friend bool operator==(const Reschedule&, const Reschedule&) = default;
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

using StoreOp = std::variant<PutTask, Reschedule, Finish, Forget>;

// Everything known of one task.
struct StoredTask {
  PutTask put;
  proto::Attempt attempts;
  milliseconds due{0};  // unix time; 0: at once
  std::optional<Finish> finish;
  friend bool operator==(const StoredTask&, const StoredTask&) = default;
};

}  // namespace forkmill::broker
