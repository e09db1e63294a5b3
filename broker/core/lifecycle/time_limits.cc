#include "broker/core/lifecycle/time_limits.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

constexpr int kLooks = 4;                                          // in each grace
constexpr Instant kBetweenLooks = std::chrono::milliseconds{100};  // at least, for any grace

// How it is known that a worker runs a task.
enum class Knowledge : std::uint8_t {
  certain,
  supposed,  // from the order of the grants
};
using RunningTasks = std::unordered_map<proto::TaskSeq, Knowledge>;

// Adds the first of the tasks in the pool that are not in `running`, in the order of their grants.
void add_first(const Worker& worker, std::size_t most, RunningTasks& running) {
  std::vector<const Task*> others;
  for (const Task* task : worker.holding.by_seq())
    if (!task->options().process && !running.contains(task->seq)) others.push_back(task);
  // A child for each: all of them run.
  const auto knowledge = others.size() <= most && worker.report.empty() ? Knowledge::certain : Knowledge::supposed;
  most = std::min(most, others.size());
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(most), others.end(),
                    [](const Task* a, const Task* b) {
                      return std::pair{a->held.granted_at, a->seq} < std::pair{b->held.granted_at, b->seq};
                    });
  for (std::size_t i = 0; i < most; ++i) running.emplace(others[i]->seq, knowledge);
}

// Returns the tasks in the pool that the worker runs: those that it reports, and one for each child that is idle by the
// report. A worker must not have idle children and let tasks wait, so it cannot hide what it runs.
RunningTasks running_in_pool(const Worker& worker) {
  RunningTasks running;
  std::size_t idle = worker.report.empty() ? worker.info.children : 0;
  for (const proto::ProcessRow& row : worker.report) {
    const Task* task = worker.holding.find(row.grant.seq);
    if (task != nullptr && task->grant() == row.grant)
      running.emplace(task->seq, Knowledge::certain);
    else if (row.role == proto::ProcessRole::child)
      ++idle;
  }
  if (idle > 0) add_first(worker, idle, running);
  return running;
}

}  // namespace

void TimeLimits::tick() {
  const Instant now = state_.clock.now();
  const bool slept = sleep_.tick(now, state_.options.session_timeout);
  if ((now < next_look_ && !slept) || proto::mutant(proto::Mutant::overrun_ignored)) return;
  next_look_ = now + std::max(Instant{state_.options.timeout_grace} / kLooks, kBetweenLooks);
  Attempts still;
  std::vector<Overrun> over;
  for (const auto& [handle, worker] : state_.workers) look(*worker, slept, still, over);
  running_ = std::move(still);
  std::sort(over.begin(), over.end(), [](const Overrun& a, const Overrun& b) { return a.task->seq < b.task->seq; });
  for (const Overrun& one : over) end(one);
}

Instant TimeLimits::next_wakeup() const {
  return state_.totals.running > 0 && !proto::mutant(proto::Mutant::overrun_ignored) ? next_look_ : proto::kNever;
}

// An attempt that was handed back and granted again counts from its new grant.
Instant TimeLimits::running_since(const Task& task, bool slept) const {
  const Instant now = state_.clock.now();
  const auto before = running_.find(task.seq);
  if (before == running_.end() || before->second.grant != task.grant()) return now;
  const Instant since = std::max(before->second.since, task.held.granted_at);
  return slept ? std::max(since, now - Instant{task.options().timeout}) : since;
}

void TimeLimits::look(Worker& worker, bool slept, Attempts& still, std::vector<Overrun>& over) const {
  const RunningTasks in_pool = running_in_pool(worker);
  const auto grace_of = [&](const Task& task) -> std::optional<milliseconds> {
    const milliseconds grace = state_.options.timeout_grace;
    if (task.options().process) return state_.process_starts.contains(task.seq) ? std::optional{grace} : std::nullopt;
    const auto found = in_pool.find(task.seq);
    if (found == in_pool.end()) return std::nullopt;
    return found->second == Knowledge::certain ? grace : 2 * grace;
  };
  for (Task* task : worker.holding.by_seq()) {
    const milliseconds timeout = task->options().timeout;
    const auto grace = timeout.count() == 0 ? std::nullopt : grace_of(*task);
    if (!grace) continue;
    const Instant since = running_since(*task, slept);
    const Instant ran = state_.clock.now() - since;
    if (ran >= timeout + *grace)
      over.push_back({&worker, task, ran});
    else
      still.emplace(task->seq, Running{task->grant(), since});
  }
}

void TimeLimits::end(const Overrun& overrun) {
  Worker& worker = *overrun.worker;
  const Task& task = *overrun.task;
  const proto::Grant grant = task.grant();
  auto outcome =
      proto::Outcome::ended(proto::OutcomeKind::timed_out, Errc::timed_out,
                            "ran for longer than its timeout of " + std::to_string(task.options().timeout.count()) +
                                " ms, and worker " + worker.session.name.str() + " did not end it");
  state_.output.send(worker.session, proto::ErrorMessage{{},
                                                         Errc::timed_out,
                                                         "task " + task.id.to_string() + " " + outcome.error->message +
                                                             ": the attempt does not count any more"});
  worker.outgoing.revoke.grants.push_back(grant);
  state_.output.touch(worker);
  ++worker.ended.lost;
  ++worker.ended.overrun;
  worker.draining = worker.draining || is_barred(worker);
  grants_.record_outcome(
      worker, {grant, std::move(outcome), milliseconds{-1}, static_cast<std::uint64_t>(overrun.ran.count())});
}

}  // namespace forkmill::broker
