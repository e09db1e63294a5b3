// note(): notes what has happened to a task, for clients that watch (operators/events/).
#pragma once

#include <optional>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// EventDetails: facts about an event that its task does not have.
struct EventDetails {
  const proto::Outcome* outcome = nullptr;    // how its attempt ended
  const SharedSpec* before = nullptr;         // as it was before it was moved
  const proto::SharedText* worker = nullptr;  // the worker that has it, or had it until now
  std::optional<Instant> ready_at{};          // when the attempt that has ended was due, if the task has a later one
};

// Returns the event of a task that has changed just now.
TaskEvent event_of(const BrokerState& state, TaskEventKind kind, const Task& task, const EventDetails& details);

// Call after the task has changed. Costs a count and a branch while no client watches.
inline void note(BrokerState& state, TaskEventKind kind, const Task& task, const EventDetails& details = {}) {
  state.events.note([&] { return event_of(state, kind, task, details); });
}

}  // namespace forkmill::broker
