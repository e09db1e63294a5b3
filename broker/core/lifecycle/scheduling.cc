#include "broker/core/lifecycle/scheduling.h"

#include <algorithm>
#include <string>

#include "broker/core/state/event_notes.h"
#include "broker/core/state/residency.h"
#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void schedule_task(BrokerState& state, Task& task, Instant due) {
  const Instant now = state.clock.now();
  const proto::TaskOptions& options = task.options();
  if (options.expires.count() > 0) {
    edit_rare(task).expires_at = now + options.expires;
    state.deadlines.add(task.expires_at(), task);
  }
  task.ready_at = due;
  if (due <= now) {
    state.step(task, Event::queued);
    note(state, TaskEventKind::submitted, task);
    return add_to_lane(state, task);
  }
  state.step(task, Event::delayed);
  note(state, TaskEventKind::submitted, task);
  const bool many =
      state.paging.scheduled > state.options.resident.scheduled || proto::buggify(proto::Path::delayed_to_disk);
  if (task.durable && many && due > PagedOutDeadlines::horizon(now)) return put_away(state, task);
  state.deadlines.add(due, task);
}

void advance_task(BrokerState& state, TaskGrants& grants, Task& task) {
  const bool waits = task.state == State::scheduled || task.state == State::ready;
  if (waits && task.attempts.value() == 0 && task.expires_at() <= state.clock.now() &&
      !proto::mutant(proto::Mutant::deadline_ignored)) {
    if (task.state == State::ready) remove_from_lane(state, task);
    return grants.finish_unstarted(task, Event::expired, Errc::expired, std::string{errc_text(Errc::expired)});
  }
  if (task.state == State::scheduled && task.ready_at <= state.clock.now()) {
    state.step(task, Event::queued);
    note(state, TaskEventKind::ready, task);
    add_to_lane(state, task);
  }
}

void follow_wall_clock(BrokerState& state) {
  for (const Task* one : state.tasks.resident_tasks()) {
    if (one->state != State::scheduled || one->attempts.value() > 0 || one->options().not_before.count() == 0) continue;
    Task& task = *state.tasks.find(one->id);
    task.ready_at = state.clock.first_due(task.options(), arrival(state, task.seq, task.submitted_at));
    state.deadlines.add(std::max(task.ready_at, state.clock.now()), task);
  }
}

}  // namespace forkmill::broker
