#include "broker/core/lifecycle/task_grants.h"

#include <algorithm>
#include <utility>

#include "broker/core/lifecycle/retries.h"
#include "broker/core/state/event_notes.h"
#include "broker/core/state/residency.h"
#include "broker/core/tasks/owners.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/check.h"
#include "proto/mutants.h"
#include "proto/random.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::OutcomeKind;

namespace {

TaskEventKind kind_of_end(State state) {
  switch (state) {
    case State::succeeded:
      return TaskEventKind::succeeded;
    case State::cancelled:
      return TaskEventKind::cancelled;
    case State::expired:
      return TaskEventKind::expired;
    default:
      return TaskEventKind::failed;
  }
}

}  // namespace

void TaskGrants::grant(Task& task, Worker& worker) {
  const proto::TaskOptions& options = task.options();
  FORKMILL_CHECK(options.process ? worker.wants_process() : worker.wants_more());
  state_.step(task, Event::granted);
  task.cancelling.signalled = false;
  task.attempts = task.attempts.next();
  task.epoch = state_.identity.epoch;
  assign(worker, task);
  note(state_, TaskEventKind::granted, task, {.worker = &worker.session.name});
  if (!options.process) ++worker.granted;
  if (task.durable && options.at_most_once) {
    state_.rewrite(task, Dispatch{task.seq, task.attempts});
    worker.outgoing.grants_wait = !mutant(Mutant::dispatch_before_commit);
  }
  const Client* owner = options.process ? state_.client(task.client()) : nullptr;
  auto& tasks = worker.outgoing.grants.tasks;
  if (tasks.empty()) tasks.reserve(worker.outgoing.last_grants);
  proto::GrantedTask& granted = tasks.emplace_back(proto::GrantedTask{
      task.grant(), task.id, task.spec.shared(), task.payload, owner == nullptr ? 0 : owner->session.pid});
  if (options.process) granted.edit().queue = base_queue(task.queue()->name());
  state_.output.touch(worker);
}

Task* TaskGrants::held(Worker& worker, const proto::Grant& grant) {
  if (mutant(Mutant::fencing_off)) {
    for (const auto& [handle, one] : state_.workers)
      if (Task* task = one->holding.find(grant.seq)) return task;
    return nullptr;
  }
  Task* task = worker.holding.find(grant.seq);
  return task != nullptr && task->grant() == grant ? task : nullptr;
}

void TaskGrants::record_outcome(Worker& worker, proto::OutcomeRecord&& record) {
  Task* task = held(worker, record.grant);
  if (task == nullptr) return;  // fenced off: another worker has the task by now, or it is done
  unassign(worker, *task);
  ++worker.ended.finished;
  count_end(*task, record);
  note_log(*task, worker, record);
  proto::Outcome& outcome = record.outcome;
  outcome.attempt = task->attempts;
  outcome.worker = worker.session.name;
  outcome.run_us = run_time(*task, record);
  if (outcome.kind == OutcomeKind::succeeded) {
    outcome.error.reset();
    return finish(*task, Event::succeeded, std::move(outcome));
  }
  if (!outcome.error) outcome.error.emplace();
  // Only the broker ends tasks in these ways.
  if (outcome.kind == OutcomeKind::expired || outcome.kind == OutcomeKind::rejected) outcome.kind = OutcomeKind::failed;
  // The cancel may have been requested from a broker before this one.
  if (task->cancelling.requested || outcome.kind == OutcomeKind::cancelled) {
    outcome.kind = OutcomeKind::cancelled;
    outcome.error->code = Errc::cancelled;
    return finish(*task, Event::cancelled, std::move(outcome));
  }
  const bool claimed = objects_.loans().was_claimed(OwnedTask::of(*task));
  if (may_retry(*task, outcome, claimed)) return retry(*task, outcome, record.retry_delay);
  if (outcome.kind == OutcomeKind::retry) outcome.kind = OutcomeKind::failed;
  finish(*task, Event::failed, std::move(outcome));
}

void TaskGrants::note_log(const Task& task, const Worker& worker, const proto::OutcomeRecord& record) {
  const std::size_t limit = task.queue()->budget.limits().log_bytes;
  if (record.logs_follow && limit > 0)
    state_.tasks.logs.expect(task.grant(), worker.handle.value(), limit, state_.clock.stamp());
  else
    state_.tasks.logs.close(task.grant());
}

// A lost attempt ran since its grant at the longest, and no attempt since before its task was submitted. 0: the worker
// has not started it.
std::uint64_t TaskGrants::run_time(const Task& task, const proto::OutcomeRecord& record) const {
  if (record.outcome.kind == OutcomeKind::lost)
    return static_cast<std::uint64_t>(std::max(state_.clock.now() - task.held.granted_at, Instant{0}).count());
  const Instant whole = std::max(state_.clock.stamp() - task.submitted_at, milliseconds{0});
  const std::uint64_t ran = std::min(record.run_us, static_cast<std::uint64_t>(whole.count()));
  return record.outcome.kind == OutcomeKind::succeeded ? std::max<std::uint64_t>(ran, 1) : ran;
}

// The time of an attempt besides its run is waiting: in the queue, in its worker, and on the way.
void TaskGrants::count_end(const Task& task, const proto::OutcomeRecord& record) {
  const Instant now = state_.clock.now();
  TaskSeries& series = state_.totals.times.of(task.spec, now);
  ++series.ended[static_cast<std::size_t>(record.outcome.kind)];
  if (record.outcome.kind == OutcomeKind::lost) {  // how long it ran is not known
    ++state_.totals.lost.attempts;
    return;
  }
  const Instant whole = std::max(now - task.ready_at, Instant{0});
  const auto ran = std::min(record.run_us, static_cast<std::uint64_t>(whole.count()));
  series.ran.add(Instant{static_cast<std::int64_t>(ran)});
  series.waited.add(whole - Instant{static_cast<std::int64_t>(ran)});
  constexpr std::uint64_t kLong = 1'000'000;  // all longer runs are alike here
  series.note_run(Instant{static_cast<std::int64_t>(std::min(record.run_us, kLong))});
}

void TaskGrants::hand_back(Worker& worker, Task& task) {
  unassign(worker, task);
  if (mutant(Mutant::credit_returned_twice) && worker.granted > 0) --worker.granted;
  task.attempts = proto::Attempt{task.attempts.value() - 1};
  state_.step(task, Event::handed_back);
  note(state_, TaskEventKind::handed_back, task, {.worker = &worker.session.name});
  if (task.cancelling.requested || task.cancelling.unless_started || task.cancelling.signalled) {
    return finish_unstarted(task, Event::cancelled, Errc::cancelled, "cancelled before it started");
  }
  // The deadline may have passed while a worker had the task: nothing was done about it then.
  if (task.attempts.value() == 0 && task.expires_at() <= state_.clock.now()) {
    return finish_unstarted(task, Event::expired, Errc::expired, std::string{errc_text(Errc::expired)});
  }
  // The worker itself says that the task was not started: nothing speaks against another grant.
  if (task.durable && task.options().at_most_once) state_.rewrite(task, Reschedule{task.seq, task.attempts, {}});
  task.queue()->ready.put_back(task);
}

void TaskGrants::adopt(Task& task, Worker& worker, const proto::Grant& grant) {
  remove_from_lane(state_, task);
  state_.step(task, Event::granted);
  task.attempts = grant.attempt;
  task.epoch = grant.epoch;
  assign(worker, task);
  note(state_, TaskEventKind::granted, task, {.worker = &worker.session.name});
}

void TaskGrants::lose(Task& task, const std::string& why) {
  state_.step(task, Event::granted);
  task.attempts = task.attempts.next();
  note(state_, TaskEventKind::granted, task);  // by the broker before this one, to a worker that is not known
  auto outcome = proto::Outcome::ended(OutcomeKind::lost, Errc::worker_lost, why);
  outcome.attempt = task.attempts;
  finish(task, Event::failed, std::move(outcome));
}

void TaskGrants::worker_lost(Worker& worker, const std::string& why) {
  for (const Task* task : worker.holding.by_seq()) {
    auto lost = proto::Outcome::ended(OutcomeKind::lost, Errc::worker_lost, why);
    ++worker.ended.lost;
    ++state_.totals.lost.with_worker;
    record_outcome(worker, {task->grant(), std::move(lost), milliseconds{-1}, 0});
  }
}

void TaskGrants::finish_unstarted(Task& task, Event event, Errc code, std::string message) {
  const auto kind = event == Event::expired ? OutcomeKind::expired : OutcomeKind::cancelled;
  auto outcome = proto::Outcome::ended(kind, code, std::move(message));
  outcome.attempt = task.attempts;
  finish(task, event, std::move(outcome));
}

void TaskGrants::assign(Worker& worker, Task& task) {
  task.held = {worker.handle, state_.clock.now()};
  worker.holding.insert(task);
  if (task.options().process) ++worker.processes;
}

void TaskGrants::unassign(Worker& worker, Task& task) {
  worker.holding.erase(task.seq);
  if (task.options().process) {
    --worker.processes;
    state_.process_starts.erase(task.seq);
  }
  task.held.worker = {};  // the time of the grant is still needed
  state_.output.outdate_place(worker);
}

void TaskGrants::retry(Task& task, const proto::Outcome& outcome, milliseconds delay) {
  state_.tasks.recent_attempts().add(task.seq, {outcome, state_.clock.stamp()});
  ++state_.totals.times.of(task.spec, state_.clock.now()).retried;
  const bool at_once = outcome.kind == OutcomeKind::lost;
  const Instant wait = retry_wait(task, outcome.kind, delay);
  state_.step(task, Event::retried);
  if (task.cancelling.unless_started) state_.settled_cancels.push_back({task.seq, proto::CancelState::started});
  task.cancelling.unless_started = false;
  if (mutant(Mutant::loss_not_counted) && at_once) task.attempts = proto::Attempt{task.attempts.value() - 1};
  const Instant was_ready_at = std::exchange(task.ready_at, state_.clock.now() + wait);
  note(state_, TaskEventKind::retried, task, {.outcome = &outcome, .ready_at = was_ready_at});
  if (task.durable) {
    const Instant due = mutant(Mutant::retry_due_at_restart) ? state_.clock.now() : task.ready_at;
    state_.rewrite(task, Reschedule{task.seq, task.attempts, state_.clock.stamp(due)});
  }
  if (wait.count() > 0) return state_.deadlines.add(task.ready_at, task);
  state_.step(task, Event::queued);
  note(state_, TaskEventKind::ready, task);
  add_to_lane(state_, task);
}

void TaskGrants::finish(Task& task, Event event, proto::Outcome&& outcome) {
  state_.step(task, event);
  if (task.cancelling.requested || task.cancelling.unless_started) {
    const bool cancelled = task.state == State::cancelled;
    state_.settled_cancels.push_back(
        {task.seq, cancelled ? proto::CancelState::cancelled : proto::CancelState::finished});
  }
  state_.task_types.release(task.type());
  const std::size_t bytes_before = counted_bytes(task);
  if (task.state != State::cancelled || !mutant(Mutant::quota_leak)) task.owner()->release(bytes_before);
  switch (task.state) {
    case State::succeeded:
      ++state_.totals.succeeded;
      break;
    case State::failed:
      ++state_.totals.failed;
      if (!task.options().dead_letter) break;
      ++state_.totals.dead_letters;
      ++state_.totals.times.of(task.spec, state_.clock.now()).dead;
      break;
    case State::cancelled:
      ++state_.totals.cancelled;
      break;
    default:
      ++state_.totals.expired;
      break;
  }
  if (task.options().daemon) {
    if (Client* owner = state_.client(task.client())) owner->daemons.erase(task.seq);
  }
  set_finished(task, std::move(outcome), state_.clock.stamp());
  if (task.state != State::failed) task.payload = {};  // a dead letter keeps its arguments
  note(state_, kind_of_end(task.state), task, {.outcome = &task.finished->outcome});
  task.queue()->budget.change(bytes_before, counted_bytes(task));
  count_result(state_, task);
  if (task.durable) state_.rewrite(task, Finish{task.seq, task.finished->outcome, task.finished->at});
  state_.tasks.logs.task_ended(task.seq);
  if (state_.options.history) note_for_history(task);
  objects_.task_ended(task);
  deliveries_.task_finished(task);
}

void TaskGrants::note_for_history(const Task& task) {
  const proto::Outcome& outcome = task.finished->outcome;
  if (outcome.attempt.value() == 0 && mutant(Mutant::history_of_started_only)) return;
  state_.output.finished.push_back({.id = task.id,
                                    .spec = task.spec.shared(),
                                    .outcome = outcome_for_history(outcome),
                                    .submitted_at = task.submitted_at,
                                    .finished_at = task.finished->at,
                                    .result_bytes = outcome.value.size(),
                                    .earlier = state_.tasks.recent_attempts().of(task.seq)});
}

}  // namespace forkmill::broker
