// The errors that end a command: a message, what to do about it, and the exit status for scripts.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace forkmill::cli {

// The exit statuses of all commands but `map`, which has those of GNU parallel (map/halt.h).
enum class ExitCode : int {
  ok = 0,
  failed = 1,            // the request was carried out and failed: the task failed, was cancelled or lost its worker
  usage = 2,             // the command line or an input is wrong; the command did nothing
  unreachable = 3,       // no broker answered within --connect-timeout, or the connection was lost for good
  not_found = 4,         // there is no such task, dead letter, object, queue or worker
  timed_out = 5,         // the wait timed out; the task continues
  cannot_execute = 126,  // COMMAND of `dev`, `run` and `attach` cannot be executed, as in a shell
  no_program = 127,      // there is no such program
  interrupted = 130,
  output_closed = 141,  // the reader of stdout has gone, as with `| head`; the shell's status after SIGPIPE
};

// Caught by run_program(), which prints "forkmill: WHAT" and, unless `fix` is empty, "  fix: FIX". An empty WHAT is not
// printed.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& what, std::string fix = "")
      : std::runtime_error{what}, code_{code}, fix_{std::move(fix)} {}

  ExitCode code() const { return code_; }
  const std::string& fix() const { return fix_; }

 private:
  ExitCode code_;
  std::string fix_;
};

// A mistake on the command line or in a file that it names.
class UsageError : public CommandError {
 public:
  explicit UsageError(const std::string& what, std::string fix = "")
      : CommandError{ExitCode::usage, what, std::move(fix)} {}
};

}  // namespace forkmill::cli
