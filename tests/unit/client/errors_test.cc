// The exceptions of tasks, and their texts: client/futures/outcome.h and errors.h.
#include <doctest/doctest.h>
#include <forkmill/errors.h>

#include "client/futures/outcome.h"

namespace errors_test {

using namespace forkmill;
using namespace std::string_literals;
using proto::OutcomeKind;

namespace {

proto::Outcome outcome_of(OutcomeKind kind, Errc code, const std::string& message = "why") {
  proto::Outcome outcome;
  outcome.kind = kind;
  outcome.attempt = proto::Attempt{2};
  outcome.worker = "w1";
  outcome.error = proto::ErrorReport{code, "std::runtime_error", message, "trace", "cause", {}};
  return outcome;
}

template <class E>
E thrown_for(const proto::Outcome& outcome, bool lost_by_broker = false) {
  try {
    std::rethrow_exception(client::exception_of(outcome, TaskId::make(1, 2, 3), lost_by_broker));
  } catch (const E& error) {
    return error;
  }
  throw std::logic_error{"another class was thrown"};
}

bool says(const std::exception& error, const std::string& part) {
  return std::string{error.what()}.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("RemoteError carries what the handler threw, and where") {
  const auto error = thrown_for<RemoteError>(outcome_of(OutcomeKind::failed, Errc::handler_error));
  CHECK(error.type() == "std::runtime_error");
  CHECK(error.message() == "why");
  CHECK(error.backtrace() == "trace");
  CHECK(error.cause() == "cause");
  CHECK(error.worker() == "w1");
  CHECK(error.attempt() == 2);
  CHECK(says(error, "std::runtime_error: why"));
  CHECK(says(error, "the handler threw std::runtime_error: why (worker w1, attempt 2). "));
  CHECK(says(error, "[handler_error]"));
}

TEST_CASE("WorkerLost carries how the process ended") {
  auto outcome = outcome_of(OutcomeKind::lost, Errc::worker_lost);
  outcome.error->forensics = {-1, 11, 1'500'000, 250'000, 4096, "last words\n"};
  const auto error = thrown_for<WorkerLost>(outcome);
  CHECK(error.signal() == 11);
  CHECK(error.exit_code() == -1);
  CHECK(error.output() == "last words\n");
  CHECK(error.user_seconds() == 1.5);
  CHECK(error.system_seconds() == 0.25);
  CHECK(error.max_rss_bytes() == 4096);
  CHECK(says(error,
             "the process that ran the task was lost: std::runtime_error: why, signal 11 (worker w1, attempt 2); its "
             "last output: \"last words\". Look at"));
  // After the last attempt the broker may report the loss as a failure: its code tells.
  CHECK(thrown_for<WorkerLost>(outcome_of(OutcomeKind::failed, Errc::worker_lost)).attempt() == 2);
}

TEST_CASE("each other end of a task has its own exception") {
  CHECK(thrown_for<Timeout>(outcome_of(OutcomeKind::timed_out, Errc::timed_out)).code() == Errc::timed_out);
  CHECK(thrown_for<Cancelled>(outcome_of(OutcomeKind::cancelled, Errc::cancelled)).code() == Errc::cancelled);
  CHECK(thrown_for<Expired>(outcome_of(OutcomeKind::expired, Errc::expired)).code() == Errc::expired);
  CHECK(thrown_for<Rejected>(outcome_of(OutcomeKind::rejected, Errc::queue_full)).code() == Errc::queue_full);
  CHECK(thrown_for<Disconnected>(outcome_of(OutcomeKind::rejected, Errc::client_closed)).code() == Errc::client_closed);
  CHECK(thrown_for<Rejected>(outcome_of(OutcomeKind::rejected, Errc::task_unknown)).code() == Errc::task_unknown);
  const auto lost = thrown_for<Disconnected>(outcome_of(OutcomeKind::rejected, Errc::task_unknown), true);
  CHECK(says(lost, "no longer knows it"));
  CHECK(client::exception_of(proto::Outcome{}, TaskId{}, false) == nullptr);
}

TEST_CASE("the text of an error says nothing twice") {
  auto death = outcome_of(OutcomeKind::lost, Errc::worker_lost, "child 7 was killed by signal 11 (SIGSEGV)");
  death.error->type = errc_name(Errc::worker_lost);
  death.error->forensics = {-1, 11, 0, 0, 0, " \n"};
  CHECK(thrown_for<WorkerLost>(death).what() ==
        "the process that ran the task was lost: child 7 was killed by signal 11 (SIGSEGV) (worker w1, attempt 2). "
        "Look at "
        "the signal, the exit code and the last output [worker_lost]"s);
  const auto id = TaskId::make(1, 2, 3).to_string();
  CHECK(thrown_for<Timeout>(outcome_of(OutcomeKind::timed_out, Errc::timed_out)).what() ==
        "the task exceeded its time limit: why (task " + id +
            ", attempt 2). Raise the time limit, or split the task [timed_out]");
  const std::string unknown{errc_text(Errc::task_unknown)};
  CHECK(thrown_for<Rejected>(outcome_of(OutcomeKind::rejected, Errc::task_unknown, unknown)).what() ==
        unknown + ": task " + id + ". Check the id; a longer result_ttl keeps results for longer [task_unknown]");
}

TEST_CASE("a remedy of the case takes the place of the catalogue's") {
  CHECK(Error{Errc::object_closed, "Pool-1", "Make another pool"}.what() ==
        "the object was closed: Pool-1. Make another pool [object_closed]"s);
  CHECK(Error{Errc::bad_request, "local_main() was called late"}.what() ==
        "the request is not valid: local_main() was called late [bad_request]"s);
}

TEST_CASE("an outcome without a report is an error as well") {
  auto outcome = outcome_of(OutcomeKind::failed, Errc::unknown);
  outcome.error.reset();
  CHECK(thrown_for<RemoteError>(outcome).code() == Errc::unknown);
}

}  // namespace errors_test
