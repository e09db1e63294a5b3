// forkmill.exec: runs a command for a submitter (proto/include/forkmill/exec.h).
#pragma once

#include <forkmill/context.h>
#include <forkmill/exec.h>

#include <chrono>

namespace forkmill::worker {

// Handles forkmill.exec: blocks until the command has ended. The command gets a process group of its own and dies with
// this process. When the attempt is asked to stop, the command gets SIGTERM, and SIGKILL after `grace`. Throws
// std::runtime_error if the command cannot be started, or was asked to stop and failed.
ExecResult run_command(Context& context, const ExecRequest& request,
                       std::chrono::milliseconds grace = std::chrono::seconds{2});

}  // namespace forkmill::worker
