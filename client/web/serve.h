// The gateway as a program.
#pragma once

#include "client/cli/commands/web_options.h"

namespace forkmill::web {

// Runs a gateway until SIGINT or SIGTERM. Returns the exit status. Throws cli::CommandError if it cannot start.
int serve(const cli::WebOptions& options);

}  // namespace forkmill::web
