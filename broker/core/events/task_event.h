// TaskEvent: one step in the life of a task, for clients that watch (operators/events/). PROTOCOL.md explains each
// kind.
#pragma once

#include <forkmill/errc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "broker/core/tasks/task.h"
#include "proto/shared_text.h"

namespace forkmill::broker {

enum class TaskEventKind : std::uint8_t {
  submitted,    // accepted: ready, or scheduled if it is not due yet
  ready,        // a scheduled task has become due
  granted,      // given to a worker
  handed_back,  // returned by its worker, unstarted
  retried,      // an attempt did not succeed, and another one follows
  succeeded,
  failed,
  cancelled,
  expired,
  moved,      // an operator has changed its queue or its priority
  dropped,    // a finished task was dropped by an operator, or another one took its place under its key
  forgotten,  // the time or the room for its result is over
};

constexpr std::string_view event_name(TaskEventKind kind) {
  constexpr std::array<std::string_view, 12> kNames{"submitted", "ready",     "granted", "handed_back",
                                                    "retried",   "succeeded", "failed",  "cancelled",
                                                    "expired",   "moved",     "dropped", "forgotten"};
  return kNames[static_cast<std::size_t>(kind)];
}

// Whether an attempt, or a task, has ended with the event: such events have an outcome.
constexpr bool is_end(TaskEventKind kind) { return kind >= TaskEventKind::retried && kind <= TaskEventKind::expired; }

struct TaskEvent {
  TaskEventKind kind = TaskEventKind::submitted;
  State state = State::submitted;  // after the event
  bool dead_letter = false;        // failed: stays for operators
  proto::OutcomeKind outcome{};    // retried, succeeded, failed, cancelled, expired: how the attempt ended
  Errc code = Errc::ok;            // the same: the error, if there is one
  proto::Attempt attempt;
  TaskId id;  // in the table: clients may know the task by another one
  proto::TaskSeq seq;
  SharedSpec spec;
  SharedSpec before{};         // moved: as it was before; else null
  proto::SharedText worker{};  // that has the task, or had it until now
  milliseconds at{0};          // unix time
  milliseconds due{0};         // scheduled: unix time of its next attempt
  std::uint64_t run_us = 0;    // succeeded, failed …: how long the attempt ran, if that is known
  milliseconds submitted{0};   // the same: unix time of the submission of the task
  milliseconds ready{0};       // the same: unix time since which the attempt was due
};

}  // namespace forkmill::broker
