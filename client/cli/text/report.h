// How errors are told on stderr, and which exit status they make.
#pragma once

#include <exception>
#include <string>

#include "client/cli/command_error.h"

namespace forkmill::cli {

struct Report {
  ExitCode code = ExitCode::failed;
  std::string text;  // lines without "forkmill: " and without the last newline
};

// REQUIRES: not null.
Report report_of(const std::exception_ptr& error);

}  // namespace forkmill::cli
