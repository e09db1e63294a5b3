#include "broker/core/operators/why/why_task.h"

#include <algorithm>
#include <optional>
#include <string>

#include "broker/core/operators/why/attempt_start.h"
#include "broker/core/operators/why/ended.h"
#include "broker/core/operators/why/held_back.h"
#include "broker/core/operators/why/takers.h"
#include "broker/core/operators/why/words.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

void append_any(Findings& found, std::optional<Finding> finding) {
  if (finding) found.push_back(std::move(*finding));
}

// When the task is due, by both clocks.
std::string due_text(const BrokerState& state, const Task& task) {
  const Instant wait = task.ready_at - state.clock.now();
  return at_utc(state.clock.unix_time() + std::chrono::duration_cast<milliseconds>(wait)) + ", in " + in_words(wait);
}

Finding why_scheduled(const BrokerState& state, const Task& task) {
  const std::uint32_t made = task.attempts.value();
  if (made == 0) return {Reason::delayed, "is delayed until " + due_text(state, task)};
  return {Reason::next_attempt, attempt_text(task.options(), made + 1) + " is due at " + due_text(state, task)};
}

std::optional<Finding> why_behind(const Task& task) {
  const auto ahead = ahead_of(task.queue()->ready, task);
  std::vector<std::string> first;
  if (ahead.higher > 0) first.push_back(proto::format_count(ahead.higher, "task") + " of higher priority");
  if (ahead.before > 0) {
    const bool is_all = ahead.before < Ahead::kMaxCounted;
    first.push_back(proto::format_count(ahead.before, "task") + (is_all ? "" : " or more") +
                    " of its client, priority and name");
  }
  if (ahead.clients > 0)
    first.push_back("tasks of " + proto::format_count(ahead.clients, "other client") +
                    " of its principal, in turns with those of its own");
  if (ahead.principals > 0)
    first.push_back("tasks of " + proto::format_count(ahead.principals, "other principal") +
                    ", in turns with those of its own");
  if (first.empty()) return std::nullopt;
  return Finding{Reason::behind, "granted before it: " + listed(first)};
}

Findings why_ready(const BrokerState& state, const Serving& serving, const Task& task) {
  Findings found;
  append_any(found, why_restarting(state));
  append_any(found, why_held_back(state, *task.queue(), task.spec->name));
  if (std::string text = serving.why_unserved(*task.queue(), task.type()); !text.empty()) {
    found.push_back({Reason::unserved, std::move(text)});
    return found;
  }
  append_any(found, why_nested(state, serving, *task.queue()));
  append_any(found, why_all_busy(state, serving, *task.queue(), task.type()));
  append_any(found, why_behind(task));
  if (task.paging.in_paged_out_part) {
    found.push_back(
        {Reason::paged_out, "it is on disk, since many tasks wait: the broker fetches it when its turn comes near"});
  }
  if (found.empty()) found.push_back({Reason::next_in_line, "it is next: a worker takes it now"});
  return found;
}

Finding why_with_worker(const BrokerState& state, const Task& task, const Worker& worker) {
  const std::string attempt = attempt_text(task.options(), task.attempts.value());
  const std::string& name = worker.session.name.str();
  const bool must_be_safe = task.durable && task.options().at_most_once;
  if (must_be_safe && (worker.outgoing.grants_wait || worker.outgoing.grants_after > state.output.safe)) {
    return {Reason::commit_awaited, attempt + " is for worker " + name +
                                        ", which gets it when the disk has the grant: the task must not run twice"};
  }
  if (const auto start = attempt_start(state, task)) {
    return {Reason::runs, attempt + " runs in worker " + name + " on " + worker.session.host + " for " +
                              in_words(state.clock.unix_time() - *start)};
  }
  return {Reason::in_worker, attempt + " waits in worker " + name + " for a free process: it holds " +
                                 proto::format_count(worker.in_pool(), "task") + " for " +
                                 proto::format_count(worker.info.children, "process")};
}

Findings why_running(const BrokerState& state, const Task& task, bool waits_for_object) {
  const auto at = state.workers.find(task.worker());
  if (at == state.workers.end()) return {{Reason::runs, attempt_text(task.options(), task.attempts.value()) + " runs"}};
  const Worker& worker = *at->second;
  Findings found{why_with_worker(state, task, worker)};
  if (waits_for_object) found.push_back({Reason::waits_for_object, "its process waits for a named object"});
  if (task.cancelling.requested) {
    found.push_back({Reason::cancel_requested, "it was asked to stop, and its handler has not ended yet"});
  } else if (task.cancelling.unless_started) {
    found.push_back({Reason::cancel_requested, "it is cancelled if its worker has not started it"});
  }
  if (auto silent = why_out_of_reach(state, worker)) {
    silent->text = "its worker " + silent->text;
    found.push_back(std::move(*silent));
  }
  return found;
}

Findings why_in_state(const BrokerState& state, const Serving& serving, const Task& task, bool waits_for_object) {
  switch (task.state) {
    case State::submitted:
      return {{Reason::submitted, "the broker takes it in"}};
    case State::scheduled:
      return {why_scheduled(state, task)};
    case State::ready:
      return why_ready(state, serving, task);
    case State::running:
      return why_running(state, task, waits_for_object);
    case State::succeeded:
    case State::failed:
    case State::cancelled:
    case State::expired:
      return why_ended(task.options(), task.finished->outcome, task.finished->at);
  }
  return {};
}

}  // namespace

Findings why_task(const BrokerState& state, const Serving& serving, const Task& task, bool waits_for_object) {
  Findings found = why_in_state(state, serving, task, waits_for_object);
  const std::uint32_t made = task.attempts.value();
  const bool last_is_told = task.state == State::running || is_terminal(task.state);
  add_earlier_attempts(found, task.options(), state.tasks.recent_attempts().of(task.seq),
                       last_is_told && made > 0 ? made - 1 : made);
  return found;
}

std::vector<AttemptEnd> ended_attempts(const BrokerState& state, const Task& task) {
  auto ends = state.tasks.recent_attempts().of(task.seq);
  return task.finished == nullptr ? ends : with_last(std::move(ends), task.finished->outcome, task.finished->at);
}

}  // namespace forkmill::broker
