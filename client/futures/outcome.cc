#include "client/futures/outcome.h"

#include <forkmill/errors.h>

namespace forkmill::client {

namespace {

Failure failure_of(const proto::Outcome& outcome) {
  const auto report = outcome.error ? *outcome.error : proto::ErrorReport{};
  Failure failure;
  failure.code = report.code;
  failure.type = report.type;
  failure.message = report.message;
  failure.backtrace = report.backtrace;
  failure.cause = report.cause;
  failure.worker = outcome.worker;
  failure.attempt = outcome.attempt.value();
  failure.signal = report.forensics.signal;
  failure.exit_code = report.forensics.exit_code;
  failure.output = report.forensics.output;
  failure.user_seconds = static_cast<double>(report.forensics.user_us) / 1e6;
  failure.system_seconds = static_cast<double>(report.forensics.system_us) / 1e6;
  failure.max_rss_bytes = report.forensics.max_rss_bytes;
  return failure;
}

// attempt: 0 for a task that reached no worker.
std::string with_id(Errc code, const std::string& text, const TaskId& id, std::uint32_t attempt = 0) {
  auto place = "task " + id.to_string();
  if (attempt > 0) place += ", attempt " + std::to_string(attempt);
  return text.empty() || text == errc_text(code) ? place : text + " (" + place + ")";
}

std::exception_ptr rejection(Errc code, const std::string& text, const TaskId& id, bool lost_by_broker) {
  if (code == Errc::task_unknown && lost_by_broker) {
    return std::make_exception_ptr(Disconnected{
        Errc::disconnected,
        with_id(Errc::disconnected, "the broker had accepted this task, was restarted and no longer knows it", id)});
  }
  return exception_of(code, with_id(code, text, id));
}

}  // namespace

std::exception_ptr exception_of(const proto::Outcome& outcome, const TaskId& id, bool lost_by_broker) {
  using proto::OutcomeKind;
  auto failure = failure_of(outcome);
  switch (outcome.kind) {
    case OutcomeKind::succeeded:
      return nullptr;
    case OutcomeKind::lost:
      return std::make_exception_ptr(WorkerLost{std::move(failure)});
    case OutcomeKind::timed_out:
      return std::make_exception_ptr(
          Timeout{Errc::timed_out, with_id(Errc::timed_out, failure.message, id, failure.attempt)});
    case OutcomeKind::cancelled:
      return std::make_exception_ptr(Cancelled{with_id(Errc::cancelled, failure.message, id)});
    case OutcomeKind::expired:
      return std::make_exception_ptr(Expired{with_id(Errc::expired, failure.message, id)});
    case OutcomeKind::rejected:
      return rejection(failure.code, failure.message, id, lost_by_broker);
    case OutcomeKind::failed:
    case OutcomeKind::retry:
      break;
  }
  if (failure.code == Errc::worker_lost) return std::make_exception_ptr(WorkerLost{std::move(failure)});
  return std::make_exception_ptr(RemoteError{std::move(failure)});
}

std::exception_ptr exception_of(Errc code, const std::string& text) {
  switch (code) {
    case Errc::disconnected:
    case Errc::client_closed:
    case Errc::version_unsupported:
      return std::make_exception_ptr(Disconnected{code, text});
    case Errc::bad_request:
      return std::make_exception_ptr(Error{code, text});
    default:
      return std::make_exception_ptr(Rejected{code, text});
  }
}

}  // namespace forkmill::client
