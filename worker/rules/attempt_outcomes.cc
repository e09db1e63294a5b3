#include "worker/rules/attempt_outcomes.h"

#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

namespace forkmill::worker {

namespace {

// How an attempt is reported that was brought to its end for a reason.
struct EndReport {
  proto::OutcomeKind kind = proto::OutcomeKind::lost;
  Errc code = Errc::worker_lost;
  const char* text = "";
};

std::optional<EndReport> report_of(EndReason reason) {
  switch (reason) {
    case EndReason::time_limit:
      return EndReport{proto::OutcomeKind::timed_out, Errc::timed_out, ""};
    case EndReason::cancelled:
      return EndReport{proto::OutcomeKind::cancelled, Errc::cancelled, ""};
    case EndReason::shutdown:
      return EndReport{proto::OutcomeKind::lost, Errc::worker_lost, "its worker shut down; "};
    case EndReason::none:
    case EndReason::abandoned:
      break;
  }
  return std::nullopt;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal)
                         : "signal " + std::to_string(signal) + " (SIG" + name + ")";
}

std::string text_of(const ControlFacts& facts) {
  if (facts.pid == 0) return "no child could be forked for it";
  const std::string child = "child " + std::to_string(facts.pid);
  if (facts.signal == 0) return child + " exited with code " + std::to_string(facts.exit_code) + " in the task";
  std::string text = child + " was killed by " + signal_name(facts.signal);
  if (facts.signal == SIGKILL && facts.killed_by_us == 0) text += ", which the worker did not send: out of memory?";
  return text;
}

proto::OutcomeRecord failure(proto::OutcomeKind kind, Errc code, std::string message) {
  proto::OutcomeRecord record;
  record.outcome = proto::Outcome::ended(kind, code, std::move(message));
  record.outcome.error->type = errc_name(code);
  return record;
}

proto::OutcomeRecord loss_of(const Attempt& attempt, const std::string& text) {
  const EndReport end = report_of(attempt.escalation.reason()).value_or(EndReport{});
  auto record = failure(end.kind, end.code, end.text + text);
  if (end.kind == proto::OutcomeKind::timed_out) {
    record.outcome.error->message +=
        " (its limit: " + std::to_string(attempt.task.spec->options.timeout.count()) + " ms)";
  }
  return record;
}

proto::OutcomeRecord failure_of(const Attempt& attempt, const ChildResult& result) {
  proto::OutcomeRecord record;
  record.run_us = result.run_us;
  record.retry_delay = proto::milliseconds{result.retry_delay_ms};
  record.outcome.kind = result.verdict == Verdict::retry ? proto::OutcomeKind::retry : proto::OutcomeKind::failed;
  proto::ErrorReport& error = record.outcome.error.emplace();
  error.code = errc_from(result.code);
  error.type = result.type;
  error.message = result.message;
  error.backtrace = result.backtrace;
  error.cause = result.cause;
  // A handler that gave up because it was asked to stop.
  if (const auto end = report_of(attempt.escalation.reason())) {
    record.outcome.kind = end->kind;
    error.code = end->code;
  }
  return record;
}

}  // namespace

proto::OutcomeRecord outcome_of(const Attempt& attempt, const ChildResult& result) {
  if (result.verdict != Verdict::succeeded) return failure_of(attempt, result);
  proto::OutcomeRecord record;
  record.run_us = result.run_us;
  record.outcome.kind = proto::OutcomeKind::succeeded;
  record.outcome.value = proto::Payload::copy(result.payload);
  return record;
}

proto::OutcomeRecord outcome_of(const Attempt& attempt, const ChildDeath& death) {
  auto record = loss_of(attempt, text_of(death.facts));
  record.outcome.error->forensics = forensics_of(death);
  return record;
}

proto::OutcomeRecord outcome_of_stop(const Attempt& attempt) {
  return loss_of(attempt, "its worker was stopped at once");
}

proto::OutcomeRecord refusal_of(Errc code, std::string message) {
  return failure(proto::OutcomeKind::failed, code, std::move(message));
}

proto::Forensics forensics_of(const ChildDeath& death) {
  const ControlFacts& facts = death.facts;
  return {facts.exit_code, facts.signal, facts.user_us, facts.system_us, facts.max_rss_bytes, death.output};
}

}  // namespace forkmill::worker
