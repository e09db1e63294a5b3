#include "client/cli/errors/report.h"

#include <doctest/doctest.h>
#include <forkmill/errors.h>
#include <forkmill/exec.h>

namespace forkmill::cli::report_test {
namespace {

template <class Thrown>
Report report(const Thrown& thrown) {
  return report_of(std::make_exception_ptr(thrown));
}

bool has(const Report& report, const char* text) { return report.text.find(text) != std::string::npos; }

TEST_CASE("an error of the command shows what to do") {
  const auto told = report(CommandError{ExitCode::unreachable, "no broker answered", "start one"});
  CHECK(told.code == ExitCode::unreachable);
  CHECK(told.text == "no broker answered\n  fix: start one");
  CHECK(report(UsageError{"wrong"}).code == ExitCode::usage);
  CHECK(report(UsageError{"wrong"}).text == "wrong");
}

TEST_CASE("a broker that does not reach its database is as good as none") {
  const auto told = report(Error{Errc::database_unavailable, "no answer"});
  CHECK(told.code == ExitCode::unreachable);
  CHECK(has(told, "[database_unavailable]"));
}

TEST_CASE("a remote error shows its type, worker, attempt, backtrace and stable code") {
  forkmill::Failure failure;
  failure.code = Errc::handler_error;
  failure.type = "std::out_of_range";
  failure.message = "vector::at";
  failure.worker = "w1";
  failure.attempt = 2;
  failure.backtrace = "one\ntwo\n";
  const auto told = report(RemoteError{failure});
  CHECK(told.code == ExitCode::failed);
  CHECK(has(told, "type: std::out_of_range"));
  CHECK(has(told, "vector::at"));
  CHECK(has(told, "where: worker w1, attempt 2"));
  CHECK(has(told, "backtrace: \n    one\n    two"));
  CHECK(has(told, "[handler_error]"));
}

TEST_CASE("a command that a worker cannot start is reported without the type and backtrace of a handler's error") {
  forkmill::Failure failure;
  failure.type = ExecFolderError::kType;
  failure.message = "cannot enter '/x'";
  failure.worker = "w1";
  failure.backtrace = "one\n";
  const auto told = report(RemoteError{failure});
  CHECK(told.code == ExitCode::failed);
  CHECK(told.text.starts_with("worker w1 cannot enter '/x'\n  fix: "));
  CHECK(!has(told, "backtrace"));
}

TEST_CASE("a lost worker shows how its process ended") {
  forkmill::Failure failure;
  failure.code = Errc::worker_lost;
  failure.signal = 11;
  failure.output = "about to crash\n";
  const auto told = report(WorkerLost{failure});
  CHECK(has(told, "signal: 11 (Segmentation fault)"));
  CHECK(has(told, "about to crash"));
}

TEST_CASE("each error code has its exit status") {
  CHECK(report(Disconnected{Errc::disconnected}).code == ExitCode::unreachable);
  CHECK(report(Rejected{Errc::task_unknown}).code == ExitCode::not_found);
  CHECK(report(Rejected{Errc::queue_full}).code == ExitCode::failed);
  CHECK(report(Timeout{Errc::timeout}).code == ExitCode::timed_out);
  CHECK(report(Timeout{Errc::timed_out}).code == ExitCode::failed);
  CHECK(report(Error{Errc::name_invalid, "x"}).code == ExitCode::usage);
  CHECK(report(std::runtime_error{"other"}).text == "other");
}

}  // namespace
}  // namespace forkmill::cli::report_test
