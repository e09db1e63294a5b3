#include "broker/core/operators/why/takers.h"

#include <algorithm>

#include "broker/core/lifecycle/time_limits.h"
#include "broker/core/operators/why/words.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/text.h"

namespace forkmill::broker {

namespace {

std::string load_of(const Worker& worker) {
  const std::size_t busy = std::min<std::size_t>(worker.in_pool(), worker.info.children);
  return "holds " + proto::format_count(worker.in_pool(), "task") + ", " + std::to_string(busy) + " of its " +
         proto::format_count(worker.info.children, "process") + " " + (busy == 1 ? "is" : "are") + " busy";
}

std::string name_and_host(const Worker& worker) { return worker.session.name.str() + " on " + worker.session.host; }

}  // namespace

std::optional<Finding> why_out_of_reach(const BrokerState& state, const Worker& worker) {
  const Instant silent = state.clock.silence_clock() - worker.session.heard;
  if (silent <= 2 * Instant{state.options.heartbeat}) return std::nullopt;
  return Finding{Reason::worker_silent, "has not been heard for " + in_words(silent) + ", and counts as lost after " +
                                            in_words(state.options.session_timeout)};
}

std::optional<Finding> why_takes_none(const BrokerState& state, const Worker& worker, bool process) {
  if (TimeLimits::is_barred(worker)) {
    return Finding{Reason::barred, "has let " + proto::format_count(worker.ended.overrun, "attempt") +
                                       " run over their timeout, and is granted nothing more: restart it"};
  }
  if (worker.draining) return Finding{Reason::draining, "is draining: it finishes what it has, and takes no more"};
  const std::string& name = worker.session.name.str();
  if (state.controls.is_worker_paused(name))
    return Finding{Reason::held, "is paused by an operator: forkmill worker resume " + name};
  const Instant now = state.clock.now();
  if (now < worker.pause.until) {
    return Finding{Reason::short_of_something,
                   worker.pause.reason + ": it takes no tasks for " + in_words(worker.pause.until - now)};
  }
  if (auto silent = why_out_of_reach(state, worker)) return silent;
  if (process) {
    if (worker.wants_process()) return std::nullopt;
    return Finding{Reason::processes_used, "runs " + std::to_string(worker.processes) +
                                               " tasks with a process of their own, as many as it may (" +
                                               std::to_string(worker.info.max_processes) + ", --max-processes)"};
  }
  if (worker.wants_more()) return std::nullopt;
  return Finding{Reason::credit_used, load_of(worker) + ", and has asked for no more"};
}

std::optional<Finding> why_all_busy(const BrokerState& state, const Serving& serving, const Queue& queue,
                                    TaskTypeId type) {
  std::vector<std::string> workers;
  for (const Worker* worker : serving.takers(queue, type)) {
    const auto reason = why_takes_none(state, *worker, is_process_queue(queue.name()));
    if (!reason) return std::nullopt;
    workers.push_back(name_and_host(*worker) + " " + reason->text);
  }
  if (workers.empty()) return std::nullopt;
  constexpr std::size_t kShown = 3;
  std::sort(workers.begin(), workers.end());
  return Finding{Reason::workers_busy,
                 (workers.size() == 1 ? "the only worker that takes such tasks takes no more now: "
                                      : "none of the " + std::to_string(workers.size()) +
                                            " workers that take such tasks takes more now: ") +
                     listed(workers, kShown)};
}

std::optional<Finding> why_restarting(const BrokerState& state) {
  const Instant now = state.clock.now();
  if (now >= state.grace_until) return std::nullopt;
  return Finding{Reason::restart_grace, "the broker has just started, and grants nothing for another " +
                                            in_words(state.grace_until - now) +
                                            ", so that workers can come back with the tasks that they run"};
}

std::optional<Finding> why_nested(const BrokerState& state, const Serving& serving, const Queue& queue) {
  const auto wait = state.unserved.nested_waits.find(queue.name());
  if (wait == state.unserved.nested_waits.end() || !wait->second.confirmed || !serving.may_wait_for_itself(queue))
    return std::nullopt;
  return Finding{Reason::nested_wait, kNestedWait};
}

}  // namespace forkmill::broker
