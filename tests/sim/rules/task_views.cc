#include "tests/sim/rules/task_views.h"

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

void TaskViews::shown(const TaskId& id, const std::string& state) const {
  if (!model_.tasks().contains(id)) return;
  const TaskStates may = model_.states(id);
  if (state.empty() && (may & (kAbsent | kGone)) == 0)
    model_violated(id, "is shown as unknown, but the broker must have it");
  if (!state.empty() && (may & states_named(state)) == 0)
    model_violated(id, "is shown as " + state + ", but cannot be");
}

void TaskViews::settled(const TaskId& id, const std::string& state) {
  const TaskStates named = states_named(state);
  if (!model_.tasks().contains(id) || (named & kFinished) == 0 || model_.is_mortal(id)) return;
  if ((model_.states(id) & named) == 0) model_violated(id, "was shown as " + state + ", but cannot be");
  model_.narrow(id, named);
}

void TaskViews::listed(const proto::TaskFilter& filter, const std::vector<Row>& rows) const {
  std::uint64_t last = filter.before ? filter.before.value() : ~std::uint64_t{0};
  for (const Row& row : rows) {
    if (row.seq >= last) model_violated(row.id, "is listed out of order, or twice");
    last = row.seq;
    check_row(filter, row);
  }
}

void TaskViews::check_row(const proto::TaskFilter& filter, const Row& row) const {
  const auto found = model_.tasks().find(row.id);
  if (found == model_.tasks().end()) model_violated(row.id, "is listed, but was never submitted");
  const proto::Submission& task = found->second.task;
  if ((row.queue != task.spec->queue && !model_.may_have_moved()) || row.name != task.spec->name)
    model_violated(row.id, "is listed with the queue or name of another task");
  if ((model_.states(found->second) & states_named(row.state)) == 0)
    model_violated(row.id, "is listed as " + row.state + ", but cannot be");
  if (row.attempt > task.spec->options.max_attempts) model_violated(row.id, "is listed with too many attempts");
  const bool fits = (filter.state.empty() || filter.state == row.state) &&
                    (filter.queue.empty() || filter.queue == row.queue) &&
                    (filter.name.empty() || filter.name == row.name);
  if (!fits) model_violated(row.id, "is listed, but does not match the filter");
}

void TaskViews::summed(const Sums& sums) const {
  std::uint64_t least = 0, most = 0, in = 0, succeeded = 0, cancelled = 0, expired = 0;
  // Where results are kept for seconds, a task that ended may be forgotten while its client is away, and end again.
  bool mortal = options_.core.result_ttl < std::chrono::minutes{1};
  for (const auto& [id, known] : model_.tasks()) {
    const TaskStates may = model_.states(known);
    if ((may & kUnfinished) != 0) ++most;
    if ((may & ~kUnfinished) == 0) ++least;
    if ((may & kAbsent) == 0) ++in;
    if ((may & (kSucceeded | kGone)) != 0) ++succeeded;
    if ((may & (kCancelled | kGone)) != 0) ++cancelled;
    if ((may & (kExpired | kGone)) != 0) ++expired;
    mortal = mortal || model_.is_mortal(id);
  }
  const auto text = [](const char* what, std::uint64_t said) {
    return std::string{"model: invariant 12: "} + what + ": " + std::to_string(said);
  };
  const auto range = [](std::uint64_t from, std::uint64_t to) {
    return ", but there are " + std::to_string(from) + " to " + std::to_string(to);
  };
  if (sums.unfinished < least || sums.unfinished > most)
    throw Violation{text("unfinished tasks", sums.unfinished) + range(least, most)};
  if (mortal) return;
  if (sums.succeeded > succeeded) throw Violation{text("more tasks succeeded than can have", sums.succeeded)};
  if (sums.cancelled > cancelled) throw Violation{text("more tasks were cancelled than can have been", sums.cancelled)};
  if (sums.expired > expired) throw Violation{text("more tasks expired than can have", sums.expired)};
  if (model_.starts() > 1) return;
  const std::uint64_t all = sums.ended() + sums.unfinished;
  if (all < in || all > model_.tasks().size())
    throw Violation{text("unfinished and ended tasks", all) + range(in, model_.tasks().size())};
}

void TaskViews::begin_survey() {
  surveyed_.clear();
  for (const auto& [id, known] : model_.tasks())
    if (!model_.may_be_gone(id)) surveyed_.insert(id);
}

void TaskViews::end_survey(const std::set<TaskId>& listed) const {
  for (const TaskId& id : surveyed_)
    if (!listed.contains(id) && !model_.may_be_gone(id))
      model_violated(id, "is not listed, but the broker must have it");
}

}  // namespace forkmill::sim
