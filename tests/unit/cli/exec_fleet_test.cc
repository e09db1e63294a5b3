#include "client/cli/commands/map/exec_fleet.h"

#include <doctest/doctest.h>

namespace forkmill::cli::exec_fleet_test {
namespace {

template <class Thrown>
Outcome outcome(const Thrown& thrown, bool cancelling = false) {
  return outcome_of(std::make_exception_ptr(thrown), cancelling);
}

TEST_CASE("the result of a command becomes the outcome of a job") {
  ExecResult result;
  result.exit_code = 3;
  result.out = "out";
  result.host = "node1";
  result.run_seconds = 1.5;
  const auto made = outcome_of(result);
  CHECK(made.exit_code == 3);
  CHECK(made.status() == 3);
  CHECK(made.out == "out");
  CHECK(made.host == "node1");
  CHECK(made.problem.empty());
  CHECK(!made.ok());
}

TEST_CASE("a command that was killed by a signal is a failure with that signal") {
  ExecResult result;
  result.exit_code = -1;
  result.signal = 11;
  const auto made = outcome_of(result);
  CHECK(made.signal == 11);
  CHECK(made.status() == 139);
  CHECK(made.problem == "killed by signal 11 (Segmentation fault)");
}

TEST_CASE("truncated output is a failure that is not retriable") {
  ExecResult result;
  result.err_truncated = true;
  const auto made = outcome_of(result);
  CHECK(!made.ok());
  CHECK(!made.retriable);
  CHECK(made.problem.starts_with("stderr was cut off"));
}

TEST_CASE("an error becomes the outcome of a job") {
  CHECK(outcome(Cancelled{}, true).cancelled);
  CHECK(!outcome(Cancelled{}, false).cancelled);
  CHECK(!outcome(Cancelled{}, false).ok());
  const auto late = outcome(Timeout{Errc::timed_out});
  CHECK(late.signal == 15);
  CHECK(late.exit_code == -1);
  CHECK(late.retriable);
  forkmill::Failure failure;
  failure.signal = 9;
  CHECK(outcome(WorkerLost{failure}).signal == 9);
  CHECK(outcome(WorkerLost{failure}).lost);
  CHECK(outcome(RemoteError{failure}).problem.find('\n') == std::string::npos);
  CHECK(!outcome(Disconnected{Errc::disconnected}).retriable);
  CHECK(outcome(std::runtime_error{"x"}).problem == "x");
  CHECK(outcome(std::runtime_error{"x"}).status() == 255);
}

TEST_CASE("a command that was stopped at its time limit is a failure with its output") {
  ExecResult result;
  result.out = "partial";
  result.exit_code = 0;
  result.timed_out = true;
  const auto made = outcome_of(result);
  CHECK(made.out == "partial");
  CHECK(made.exit_code == -1);
  CHECK(made.signal == 15);
  CHECK(made.problem == "stopped by --timeout");
  CHECK(made.retriable);
}

TEST_CASE("a worker without the folder is told from other failures") {
  forkmill::Failure failure;
  failure.type = "std::runtime_error";
  CHECK(!outcome(RemoteError{failure}).no_folder);
  failure.type = ExecFolderError::kType;
  CHECK(outcome(RemoteError{failure}).no_folder);
}

TEST_CASE("a command whose program is missing has the exit status of a shell, and a start") {
  forkmill::Failure failure;
  failure.type = ExecNotFoundError::kType;
  failure.message = "cannot run 'x'";
  failure.worker = "w";
  const auto missing = outcome(RemoteError{failure});
  CHECK(missing.status() == 127);
  CHECK(missing.problem == "worker w cannot run 'x'");
  CHECK(missing.started_at > 0);
  CHECK(!missing.no_folder);
  failure.type = ExecNotExecutableError::kType;
  CHECK(outcome(RemoteError{failure}).status() == 126);
}

}  // namespace
}  // namespace forkmill::cli::exec_fleet_test
