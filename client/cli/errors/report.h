// How an error is shown on stderr, and its exit status.
#pragma once

#include <exception>
#include <string>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

struct Report {
  ExitCode code = ExitCode::failed;
  std::string text;  // one or more lines, without "forkmill: " and without the last newline
};

// REQUIRES: `error` is not null.
Report report_of(const std::exception_ptr& error);

}  // namespace forkmill::cli
