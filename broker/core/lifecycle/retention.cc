#include "broker/core/lifecycle/retention.h"

#include <algorithm>

#include "broker/core/state/event_notes.h"
#include "broker/core/state/residency.h"
#include "proto/buggify.h"
#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

void forget_stored(BrokerState& state, const Task& task) {
  if (task.durable) state.output.store(Forget{task.seq});
}

// Returns until when a task is kept at least because a client attaches it that has still to be sent it.
Instant held_until(const BrokerState& state, const Task& task) {
  return state.paging.is_held(task.seq) ? state.clock.now() + PagingState::kHeldFor : Instant{0};
}

}  // namespace

std::size_t kept_size(const Task& task) {
  std::size_t bytes = given_bytes(task);
  if (task.finished == nullptr) return bytes;
  bytes += task.finished->outcome.value.size();
  if (const auto& error = task.finished->outcome.error) {
    bytes += error->type.size() + error->message.size() + error->backtrace.size() + error->cause.size() +
             error->forensics.output.size();
  }
  return bytes;
}

void Retention::keep(Task& task) {
  const bool over = task.state == State::failed && task.finished->delivered && !task.options().dead_letter;
  if (task.finished->dropped || over) return forget(task);
  task.finished->kept_until = kept_until(task.options(), state_.clock.now());
  if (task.finished->delivered && !task.finished->released) release(task);
  shelve(task, shelf_for(task));
  if (has_deadline(task)) state_.deadlines.add(task.finished->kept_until, task);
  page_out_excess();
  const CoreOptions& options = state_.options;
  if (shelves_[kDelivered].count > 0) trim(shelves_[kDelivered], options.kept_results, options.kept_result_bytes);
  if (shelves_[kDead].count > 0) trim(shelves_[kDead], options.dead_letters, options.kept_result_bytes);
}

void Retention::restore(Task& task) {
  task.finished->kept_until = std::max(kept_after_restart(task.options(), task.finished->at), held_until(state_, task));
  shelve(task, shelf_for(task));
  if (has_deadline(task)) state_.deadlines.add(std::max(task.finished->kept_until, state_.clock.now()), task);
}

Instant Retention::kept_until(const proto::TaskOptions& options, Instant ended) const {
  milliseconds time = options.result_ttl.count() > 0 ? options.result_ttl : state_.options.result_ttl;
  if (!options.key.empty()) time = std::max(time, state_.options.key_window);
  return ended + time;
}

// Clients could not fetch results while the broker was down, so a result whose time is over is kept for kToComeBack
// after a restart.
Instant Retention::kept_after_restart(const proto::TaskOptions& options, milliseconds finished_at) const {
  constexpr Instant kToComeBack = std::chrono::minutes{1};
  const Instant start = state_.clock.start();
  // A task that ended later than now ended by a clock that has been set back since.
  Instant ended = state_.clock.instant(finished_at);
  if (ended > state_.clock.now()) ended = start;
  return std::max(kept_until(options, ended), std::min(start + kToComeBack, kept_until(options, start)));
}

void Retention::drop(Task& task) {
  note(state_, TaskEventKind::dropped, task);
  if (task.finished->deliveries == 0) return erase(task);
  if (is_dead_letter(task)) --state_.totals.dead_letters;
  if (!proto::mutant(proto::Mutant::drop_not_stored)) forget_stored(state_, task);
  task.finished->dropped = true;
}

void Retention::remove(Task& task) {
  if (task.finished->shelf == kNone) return;
  Shelf& shelf = shelves_[task.finished->shelf];
  const std::size_t bytes = task.finished->shelf_bytes;
  task.finished->shelf == kDead ? dead_letters_.remove(task, bytes) : shelf.tasks.remove(task);
  --shelf.count;
  shelf.bytes -= bytes;
  task.finished->shelf = kNone;
}

void Retention::expire_if_due(Task& task) {
  if (has_deadline(task) && task.finished->kept_until <= state_.clock.now()) expire(task);
}

void Retention::tick() {
  for (const Kind kind : {kWaiting, kDelivered}) {
    TaskList& tasks = shelves_[kind].tasks;
    while (!tasks.empty() && tasks.front()->finished->kept_until <= state_.clock.now()) expire(*tasks.front());
  }
}

Instant Retention::next_wakeup() const {
  Instant next = proto::kNever;
  for (const Kind kind : {kWaiting, kDelivered}) {
    if (const Task* front = shelves_[kind].tasks.front()) next = std::min(next, front->finished->kept_until);
  }
  return next;
}

std::size_t Retention::kept() const {
  std::size_t count = 0;
  for (const Shelf& shelf : shelves_) count += shelf.count;
  return count;
}

std::size_t Retention::kept_bytes() const {
  std::size_t bytes = 0;
  for (const Shelf& shelf : shelves_) bytes += shelf.bytes;
  return bytes;
}

Retention::Kind Retention::shelf_for(const Task& task) const {
  // The task's time was over, and a client has asked for the result since and not fetched it.
  if (task.state == State::failed && task.finished->released && !task.finished->delivered && task.options().dead_letter)
    return kDead;
  const bool timed = task.options().result_ttl.count() > 0 || !task.options().key.empty();
  if (timed || !task.finished->delivered) {
    if (!may_page_out(task)) return kResident;
    return timed ? kTimed : kWaiting;
  }
  return task.state == State::failed && task.options().dead_letter ? kDead : kDelivered;
}

// The queue may be forgotten before the task.
void Retention::release(Task& task) {
  task.queue()->budget.release(counted_bytes(task));
  task.finished->released = true;
}

void Retention::shelve(Task& task, Kind kind) {
  kind == kDelivered || kind == kDead ? uncount_result(state_, task) : count_result(state_, task);
  Shelf& shelf = shelves_[kind];
  const std::size_t bytes = kept_size(task);
  kind == kDead ? dead_letters_.add(task, bytes) : shelf.tasks.push_back(task);
  ++shelf.count;
  shelf.bytes += bytes;
  task.finished->shelf = kind;
  task.finished->shelf_bytes = bytes;
}

// A failed task becomes a dead letter, unless it has a result_ttl of its own or its submitter wants none. A
// task that a client attaches and has still to be sent stays as it is.
void Retention::expire(Task& task) {
  if (const Instant until = held_until(state_, task); until > state_.clock.now()) {
    remove(task);
    task.finished->kept_until = until;
    shelve(task, shelf_for(task));
    if (has_deadline(task)) state_.deadlines.add(until, task);
    return;
  }
  const bool dead = task.state == State::failed && task.options().result_ttl.count() == 0 &&
                    task.options().dead_letter && !task.finished->released &&
                    !proto::mutant(proto::Mutant::unfetched_failure_forgotten);
  if (!dead) return forget(task);
  remove(task);
  release(task);
  shelve(task, kDead);
  trim(shelves_[kDead], state_.options.dead_letters, state_.options.kept_result_bytes);
}

// A task that would come back soon stays in memory.
bool Retention::may_page_out(const Task& task) const {
  return task.durable && !task.finished->released &&
         task.finished->kept_until > PagedOutDeadlines::horizon(state_.clock.now());
}

void Retention::page_out_excess() {
  if (shelves_[kWaiting].count > 0) page_out_excess(shelves_[kWaiting]);
  if (shelves_[kTimed].count > 0) page_out_excess(shelves_[kTimed]);
}

// Pages out the oldest tasks first.
void Retention::page_out_excess(Shelf& shelf) {
  const ResidentLimits& resident = state_.options.resident;
  while (shelf.count > resident.results || (shelf.bytes > resident.result_bytes && shelf.count > 1) ||
         (shelf.count > 0 && proto::buggify(proto::Path::results_to_disk))) {
    Task& oldest = *shelf.tasks.front();
    remove(oldest);
    if (may_page_out(oldest)) {
      put_away(state_, oldest);
    } else {
      shelve(oldest, kResident);
      state_.deadlines.add(oldest.finished->kept_until, oldest);
    }
  }
}

void Retention::trim(Shelf& shelf, std::size_t most, std::size_t most_bytes) {
  if (proto::mutant(proto::Mutant::results_pile_up)) return;
  if (proto::mutant(proto::Mutant::results_forgotten_early)) most /= 2;
  while (shelf.count > most || (shelf.bytes > most_bytes && shelf.count > 1)) {
    const bool is_dead = &shelf == &shelves_[kDead];
    forget(is_dead ? dead_letters_.first_to_go(shelf.count <= most) : *shelf.tasks.front());
  }
}

void Retention::forget(Task& task) {
  if (!task.finished->dropped) note(state_, TaskEventKind::forgotten, task);
  erase(task);
}

void Retention::erase(Task& task) {
  if (is_dead_letter(task)) --state_.totals.dead_letters;
  remove(task);
  if (!task.finished->released) release(task);
  uncount_result(state_, task);
  if (!task.finished->dropped) forget_stored(state_, task);
  if (task.spec->owners_id) task.owner()->renamed.erase(*task.spec->owners_id);
  state_.tasks.erase(task);
}

}  // namespace forkmill::broker
