#include "tests/sim/rules/model.h"

#include <algorithm>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using proto::OutcomeKind;

void model_violated(const TaskId& id, const std::string& text) {
  throw Violation{"model: task " + brief(id) + ": " + text};
}

bool Model::is_mortal(const TaskId& id) const {
  const auto found = tasks_.find(id);
  return found != tasks_.end() && (found->second.task.spec->options.result_ttl.count() > 0 ||
                                   !found->second.task.spec->options.key.empty() || found->second.drops > 0);
}

// ---- Possible states ------------------------------------------------------------------------------------------------

TaskStates Model::states(const TaskId& id) const {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? static_cast<TaskStates>(~0) : states(found->second);
}

TaskStates Model::states(const Known& known) const {
  TaskStates may = known.may;
  for (TaskStates more = next(known, may); more != may; more = next(known, may)) may = more;
  return may;
}

// The states that follow from `may` without an event, and `may`.
TaskStates Model::next(const Known& known, TaskStates may) const {
  const auto& options = known.task.spec->options;
  const bool again = known.submitters > 0;
  if ((may & (kAbsent | kGone)) != 0 && again) may |= kWaiting;
  // Another task takes the place of a dead letter once the key does not stand for that any more.
  if ((may & kFailed) != 0 && again && may_be_forgotten(known, may)) may |= kWaiting;
  if ((may & kUnfinished) != 0) {
    may |= kUnfinished | kFailed;
    if (known.returned) may |= kSucceeded;
    if (known.cancel_asked || options.daemon) may |= kCancelled;
    if (options.expires.count() > 0) may |= kExpired;
  }
  if ((may & kFailed) != 0 && known.drops > 0) may |= kGone;
  if ((may & kFinished) != 0 && may_be_forgotten(known, may)) may |= kGone;
  return may;
}

bool Model::may_be_forgotten(const Known& known, TaskStates may) const {
  const broker::CoreOptions& core = world_.options.core;
  const auto& options = known.task.spec->options;
  const bool own_time = options.result_ttl.count() > 0 || !options.key.empty();
  milliseconds time = options.result_ttl.count() > 0 ? options.result_ttl : core.result_ttl;
  if (!options.key.empty()) time = std::max(time, core.key_window);
  // A wall clock that was set across a restart may shift that time, and stores cut times to milliseconds.
  if (starts_ > 1) time -= 2 * world_.options.most_skew + milliseconds{2};
  const bool over = world_.now() >= known.ended_after + Instant{time};
  if (own_time || (!over && !known.was_reported)) return over;
  // A failed task stays as a dead letter.
  return ((may & kFailed) != 0 && core.dead_letters < tasks_.size()) ||
         ((may & kFinished & ~kFailed) != 0 && (over || core.kept_results < tasks_.size()));
}

// ---- Events ---------------------------------------------------------------------------------------------------------

void Model::submitted(const proto::Submission& task) {
  const auto [place, fresh] = tasks_.try_emplace(task.id);
  if (fresh) {
    place->second.task = task;
    place->second.ended_after = world_.now();
  }
  ++place->second.submitters;
  weaken(place->second.task.edit().options, task.spec->options);
}

void Model::acknowledged(const TaskId& id) {
  Known& known = tasks_.at(id);
  known.may = states(known) & ~kAbsent;
  known.safe = true;
}

void Model::granted(const TaskId& id) {
  Known& known = tasks_.at(id);
  if ((states(known) & kUnfinished) == 0) model_violated(id, "was granted after its end");
  known.may = kRunning;
  known.was_reported = false;
  known.ended_after = world_.now();
}

void Model::reported(const TaskId& id, OutcomeKind kind) {
  Known& known = tasks_.at(id);
  const TaskStates state = kind == OutcomeKind::succeeded   ? kSucceeded
                           : kind == OutcomeKind::cancelled ? kCancelled
                           : kind == OutcomeKind::expired   ? kExpired
                                                            : kFailed;
  if ((states(known) & state) == 0 && !is_mortal(id))
    model_violated(id, "was reported with an outcome that it cannot have");
  known.may = state;
  known.was_reported = known.safe = true;
}

bool Model::drop_asked(const TaskId& id) {
  Known& known = tasks_.at(id);
  const bool certain = states(known) == kFailed;
  ++known.drops;
  return certain;
}

void Model::drop_refused(const TaskId& id) {
  Known& known = tasks_.at(id);
  if (--known.drops == 0 && (states(known) & (kGone | kAbsent)) == 0)
    model_violated(id, "is a dead letter, but the operator who dropped it was told that there is no such task");
}

void Model::narrow(const TaskId& id, TaskStates these) {
  Known& known = tasks_.at(id);
  known.may = states(known) & (these | kGone);
}

void Model::broker_started() {
  ++starts_;
  for (auto& [id, known] : tasks_) {
    const TaskStates may = states(known);
    if (!survives_restart(world_.options, known.task.spec->options))
      known.may = kAbsent | kGone;
    else if (!known.safe)
      known.may = may | kUnfinished | kAbsent;  // a task may be granted before it is stored
    else if ((may & kUnfinished) != 0)
      known.may = may | kUnfinished;
  }
}

}  // namespace forkmill::sim
