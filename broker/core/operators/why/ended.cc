#include "broker/core/operators/why/ended.h"

#include <utility>

#include "broker/core/operators/why/words.h"

namespace forkmill::broker {

namespace {

using proto::OutcomeKind;

std::string on_worker(const std::string& worker) { return worker.empty() ? "" : " on worker " + worker; }

std::string end_text(const proto::TaskOptions& options, const AttemptEnd& end) {
  std::string text = attempt_text(options, end.attempt.value()) + " ";
  text += end.kind == OutcomeKind::lost        ? "was lost"
          : end.kind == OutcomeKind::timed_out ? "ran over its time limit"
          : end.kind == OutcomeKind::retry     ? "asked for another one"
          : end.kind == OutcomeKind::cancelled ? "was given up"
                                               : std::string{outcome_name(end.kind)};
  text += on_worker(end.worker) + " at " + at_utc(end.at);
  if (!end.message.empty()) text += ": " + end.message;
  return text;
}

// Why the attempt that failed was the last one: the rules of TaskGrants::may_retry().
std::string no_other_attempt(const proto::TaskOptions& options, const proto::Outcome& outcome) {
  if (options.at_most_once) return "the task must not run twice (at_most_once)";
  if (options.max_attempts == 1) return "the task has one attempt (max_attempts)";
  if (outcome.attempt.value() >= options.max_attempts) return "that was the last of its attempts (max_attempts)";
  if (outcome.kind != OutcomeKind::failed) return "it was lent an end of a pipe, which no other attempt could get";
  return outcome.error && outcome.error->code == Errc::handler_error
             ? "what a handler throws is not tried again (retry_errors)"
             : "an error of this kind would be the same in each attempt";
}

Findings why_failed(const proto::TaskOptions& options, const proto::Outcome& outcome, milliseconds at) {
  const AttemptEnd last{outcome, at};
  std::string text = "failed for good: " + end_text(options, last);
  if (const std::string_view fix = errc_fix(last.code); !fix.empty()) text += ". " + std::string{fix};
  return {{Reason::failed, std::move(text)}, {Reason::no_other_attempt, no_other_attempt(options, outcome)}};
}

Finding why_unstarted(const AttemptEnd& last, Reason reason, const char* what) {
  std::string text = std::string{what} + on_worker(last.worker) + " at " + at_utc(last.at);
  if (!last.message.empty()) text += ": " + last.message;
  return {reason, std::move(text)};
}

}  // namespace

std::string_view outcome_name(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::succeeded:
      return "succeeded";
    case OutcomeKind::failed:
      return "failed";
    case OutcomeKind::retry:
      return "retry";
    case OutcomeKind::lost:
      return "lost";
    case OutcomeKind::timed_out:
      return "timed_out";
    case OutcomeKind::cancelled:
      return "cancelled";
    case OutcomeKind::expired:
      return "expired";
    case OutcomeKind::rejected:
      return "rejected";
  }
  return "unknown";
}

std::string attempt_text(const proto::TaskOptions& options, std::uint32_t attempt) {
  return "attempt " + std::to_string(attempt) + " of " + std::to_string(options.max_attempts);
}

Findings why_ended(const proto::TaskOptions& options, const proto::Outcome& outcome, milliseconds at) {
  const AttemptEnd last{outcome, at};
  switch (outcome.kind) {
    case OutcomeKind::succeeded:
      return {{Reason::succeeded, end_text(options, last)}};
    case OutcomeKind::cancelled:
      return {why_unstarted(last, Reason::cancelled, "was cancelled")};
    case OutcomeKind::expired:
      return {why_unstarted(last, Reason::expired, "was not started within its time (expires), and ended")};
    default:
      return why_failed(options, outcome, at);
  }
}

void add_earlier_attempts(Findings& found, const proto::TaskOptions& options, const std::vector<AttemptEnd>& known,
                          std::size_t count) {
  if (known.size() < count) {
    found.push_back({Reason::ran_again, proto::format_count(count - known.size(), "earlier attempt") +
                                            " ended before this broker started, or long ago: how is not known"});
  }
  for (const AttemptEnd& end : known) found.push_back({Reason::ran_again, end_text(options, end)});
}

Findings why_finished(const FinishedTask& task) {
  const proto::TaskOptions& options = task.spec->options;
  Findings found = why_ended(options, task.outcome, task.finished_at);
  found.push_back({Reason::only_history,
                   "only its history is kept: its arguments, its result and its log are gone, and it cannot be tried "
                   "again"});
  // A task that was cancelled between two attempts has the number of the earlier one.
  const std::uint32_t made = task.outcome.attempt.value();
  const bool last_is_earlier = !task.earlier.empty() && task.earlier.back().attempt == task.outcome.attempt;
  add_earlier_attempts(found, options, task.earlier, made == 0 || last_is_earlier ? made : made - 1);
  return found;
}

std::vector<AttemptEnd> with_last(std::vector<AttemptEnd> earlier, const proto::Outcome& outcome, milliseconds at) {
  // A task that was cancelled between two attempts has the number of the earlier one.
  const bool is_known = outcome.attempt.value() == 0 || (!earlier.empty() && earlier.back().attempt == outcome.attempt);
  if (!is_known) earlier.emplace_back(outcome, at);
  return earlier;
}

}  // namespace forkmill::broker
