// The loop of `forkmill top`: terminal, broker and model together.
#pragma once

#include <chrono>

#include "client/cli/commands/connection_options.h"

namespace forkmill::cli {

// Runs until the user quits, and returns the exit status. Throws CommandError: unreachable if no broker answers at the
// start, interrupted by SIGINT, SIGTERM and SIGHUP.
int run_top(const ConnectionOptions& connection, std::chrono::milliseconds interval);

}  // namespace forkmill::cli
