#include "tests/sim/rules/model.h"

#include <algorithm>

#include "tests/sim/rules/violation.h"

namespace forkmill::sim {

using proto::OutcomeKind;

void Model::violated(const TaskId& id, const std::string& text) {
  throw Violation{"model: task " + brief(id) + ": " + text};
}

Model::States Model::named(const std::string& state) {
  if (state == "scheduled" || state == "ready") return kWaiting;
  if (state == "running") return kRunning;
  if (state == "succeeded") return kSucceeded;
  if (state == "failed") return kFailed;
  if (state == "cancelled") return kCancelled;
  if (state == "finished") return kFinished;
  return state == "expired" ? kExpired : 0;
}

bool Model::survives_restart(const Known& known) const {
  const auto& options = known.task.options;
  return world_.options.durable && options.durability != proto::Durability::memory && !options.daemon;
}

bool Model::is_mortal(const TaskId& id) const {
  const auto found = tasks_.find(id);
  return found != tasks_.end() && (found->second.task.options.result_ttl.count() > 0 ||
                                   !found->second.task.options.key.empty() || found->second.drops > 0);
}

// ---- What may be ----------------------------------------------------------------------------------------------------

Model::States Model::now(const Known& known) const {
  States may = known.may;
  for (States more = next(known, may); more != may; more = next(known, may)) may = more;
  return may;
}

Model::States Model::next(const Known& known, States may) const {
  const auto& options = known.task.options;
  const bool again = known.submitters > 0;
  if ((may & (kAbsent | kGone)) != 0 && again) may |= kWaiting;
  // The place of a dead letter is taken by another task once its key stands for it no longer.
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

bool Model::may_be_forgotten(const Known& known, States may) const {
  const broker::CoreOptions& core = world_.options.core;
  const auto& options = known.task.options;
  const bool own_time = options.result_ttl.count() > 0 || !options.key.empty();
  milliseconds time = options.result_ttl.count() > 0 ? options.result_ttl : core.result_ttl;
  if (!options.key.empty()) time = std::max(time, core.key_window);
  // A wall clock that was set across a restart is allowed to shift that, and what is stored is cut to milliseconds.
  if (starts_ > 1) time -= 2 * world_.options.most_skew + milliseconds{2};
  const bool over = world_.now() >= known.ended_after + Instant{time};
  if (own_time || (!over && !known.was_reported)) return over;
  // What failed stays as a dead letter.
  return ((may & kFailed) != 0 && core.dead_letters < tasks_.size()) ||
         ((may & kFinished & ~kFailed) != 0 && (over || core.kept_results < tasks_.size()));
}

bool Model::may_be_gone(const TaskId& id) const {
  const auto found = tasks_.find(id);
  return found == tasks_.end() || (now(found->second) & (kGone | kAbsent)) != 0;
}

// ---- What happens ---------------------------------------------------------------------------------------------------

void Model::submitted(const proto::Submission& task) {
  const auto [place, fresh] = tasks_.try_emplace(task.id);
  if (fresh) {
    place->second.task = task;
    place->second.ended_after = world_.now();
  }
  ++place->second.submitters;
  weaken(place->second.task.options, task.options);
}

void Model::acknowledged(const TaskId& id) {
  Known& known = at(id);
  const States may = now(known) & ~kAbsent;
  known.may = may;
  known.safe = true;
}

void Model::granted(const TaskId& id) {
  Known& known = at(id);
  if ((now(known) & kUnfinished) == 0) violated(id, "was granted after its end");
  known.may = kRunning;
  known.was_reported = false;
  known.ended_after = world_.now();
}

void Model::reported(const TaskId& id, OutcomeKind kind) {
  Known& known = at(id);
  const States state = kind == OutcomeKind::succeeded   ? kSucceeded
                       : kind == OutcomeKind::cancelled ? kCancelled
                       : kind == OutcomeKind::expired   ? kExpired
                                                        : kFailed;
  if ((now(known) & state) == 0 && !is_mortal(id))
    violated(id, "is reported as ended in a way in which it cannot have ended");
  known.may = state;
  known.was_reported = known.safe = true;
}

bool Model::drop_asked(const TaskId& id) {
  Known& known = at(id);
  const bool certain = now(known) == kFailed;
  ++known.drops;
  return certain;
}

void Model::drop_refused(const TaskId& id) {
  Known& known = at(id);
  if (--known.drops == 0 && (now(known) & (kGone | kAbsent)) == 0)
    violated(id, "is a dead letter, and whoever wanted it dropped was told that there is no such task");
}

void Model::broker_started() {
  ++starts_;
  for (auto& [id, known] : tasks_) {
    const States may = now(known);
    if (!survives_restart(known))
      known.may = kAbsent | kGone;
    else if (!known.safe)
      known.may = may | kUnfinished | kAbsent;  // what was granted need not have been stored
    else if ((may & kUnfinished) != 0)
      known.may = may | kUnfinished;
  }
}

// ---- What the broker says -------------------------------------------------------------------------------------------

void Model::shown(const TaskId& id, const std::string& state) const {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return;
  const States may = now(found->second);
  if (state.empty() && (may & (kAbsent | kGone)) == 0) violated(id, "is not known to the broker, which must have it");
  if (!state.empty() && (may & named(state)) == 0) violated(id, "is shown as " + state + ", which it cannot be");
}

void Model::settled(const TaskId& id, const std::string& state) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end() || (named(state) & kFinished) == 0 || is_mortal(id)) return;
  Known& known = found->second;
  if ((now(known) & named(state)) == 0) violated(id, "was shown as " + state + ", which it cannot be");
  known.may = now(known) & (named(state) | kGone);
}

void Model::listed(const proto::TaskFilter& filter, const std::vector<Row>& rows) {
  std::uint64_t last = filter.before ? filter.before.value() : ~std::uint64_t{0};
  for (const Row& row : rows) {
    if (row.seq >= last) violated(row.id, "is listed out of order, or twice");
    last = row.seq;
    const auto found = tasks_.find(row.id);
    if (found == tasks_.end()) violated(row.id, "is listed, and nobody has submitted it");
    const Known& known = found->second;
    if (row.queue != known.task.queue || row.name != known.task.name) violated(row.id, "is listed as another task");
    if ((now(known) & named(row.state)) == 0) violated(row.id, "is listed as " + row.state + ", which it cannot be");
    if (row.attempt > known.task.options.max_attempts) violated(row.id, "is listed with too many attempts");
    const bool fits = (filter.state.empty() || filter.state == row.state) &&
                      (filter.queue.empty() || filter.queue == row.queue) &&
                      (filter.name.empty() || filter.name == row.name);
    if (!fits) violated(row.id, "is listed, and the filter does not let it through");
  }
}

void Model::summed(const Sums& sums) const {
  std::uint64_t least = 0, most = 0, in = 0, succeeded = 0, cancelled = 0, expired = 0;
  // Where results are kept for seconds, what has ended may be forgotten while its client is away, and end again.
  bool mortal = world_.options.core.result_ttl < std::chrono::minutes{1};
  for (const auto& [id, known] : tasks_) {
    const States may = now(known);
    if ((may & kUnfinished) != 0) ++most;
    if ((may & ~kUnfinished) == 0) ++least;
    if ((may & kAbsent) == 0) ++in;
    if ((may & (kSucceeded | kGone)) != 0) ++succeeded;
    if ((may & (kCancelled | kGone)) != 0) ++cancelled;
    if ((may & (kExpired | kGone)) != 0) ++expired;
    mortal = mortal || is_mortal(id);
  }
  const auto text = [&](const char* what, std::uint64_t said) {
    return std::string{"model: invariant 12: "} + what + ": " + std::to_string(said);
  };
  if (sums.unfinished < least || sums.unfinished > most) {
    throw Violation{text("tasks that are not finished", sums.unfinished) + ", of " + std::to_string(least) + " to " +
                    std::to_string(most)};
  }
  if (mortal) return;
  if (sums.succeeded > succeeded) throw Violation{text("more have succeeded than can have", sums.succeeded)};
  if (sums.cancelled > cancelled) throw Violation{text("more were cancelled than can have been", sums.cancelled)};
  if (sums.expired > expired) throw Violation{text("more have expired than can have", sums.expired)};
  if (starts_ > 1) return;
  if (sums.ended() + sums.unfinished < in || sums.ended() + sums.unfinished > tasks_.size()) {
    throw Violation{text("tasks taken in, and what became of them", sums.ended() + sums.unfinished) + ", of " +
                    std::to_string(in) + " to " + std::to_string(tasks_.size())};
  }
}

void Model::begin_survey() {
  surveyed_.clear();
  for (const auto& [id, known] : tasks_)
    if (!may_be_gone(id)) surveyed_.insert(id);
}

void Model::end_survey(const std::set<TaskId>& listed) const {
  for (const TaskId& id : surveyed_)
    if (!listed.contains(id) && !may_be_gone(id)) violated(id, "is not listed by the broker, which must have it");
}

}  // namespace forkmill::sim
