// How a command of `forkmill` ends other than well: a message, what to do about it, and the exit status that scripts
// see.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace forkmill::cli {

// The exit statuses of every command but `map`, which has GNU parallel's (map/halt.h).
enum class ExitCode : int {
  ok = 0,
  failed = 1,       // what was asked for was tried and failed: the task failed, was cancelled, died with its worker
  usage = 2,        // the command line or an input is wrong; nothing was done
  unreachable = 3,  // no broker answered within --connect-timeout, or it went away for good
  not_found = 4,    // no such task, queue or worker
  timed_out = 5,    // the wait ended first; the task goes on
  interrupted = 130,
};

// Thrown anywhere below main, printed there as "forkmill: WHAT" and, when there is one, "  fix: FIX".
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

// A mistake on the command line.
class UsageError : public CommandError {
 public:
  explicit UsageError(const std::string& what, std::string fix = "")
      : CommandError{ExitCode::usage, what, std::move(fix)} {}
};

}  // namespace forkmill::cli
