#include "broker/core/state/event_notes.h"

namespace forkmill::broker {

TaskEvent event_of(const BrokerState& state, TaskEventKind kind, const Task& task, const EventDetails& details) {
  TaskEvent event;
  event.kind = kind;
  event.state = task.state;
  event.attempt = task.attempts;
  event.id = task.id;
  event.seq = task.seq;
  event.spec = task.spec.shared();
  event.at = state.clock.stamp();
  if (task.state == State::scheduled) event.due = state.clock.stamp(task.ready_at);
  if (details.before != nullptr) event.before = *details.before;
  if (details.worker != nullptr) event.worker = *details.worker;
  if (details.outcome == nullptr) return event;
  const proto::Outcome& outcome = *details.outcome;
  event.outcome = outcome.kind;
  event.worker = outcome.worker;
  event.run_us = outcome.run_us;
  if (outcome.error) event.code = outcome.error->code;
  event.dead_letter = is_dead_letter(task);
  event.submitted = task.submitted_at;
  event.ready = state.clock.stamp(details.ready_at.value_or(task.ready_at));
  return event;
}

}  // namespace forkmill::broker
