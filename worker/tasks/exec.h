// forkmill.exec: runs a command for a submitter (proto/include/forkmill/exec.h).
#pragma once

#include <forkmill/context.h>
#include <forkmill/exec.h>

#include <chrono>

namespace forkmill::worker {

// The handler. The command gets a process group of its own, dies with this process, and when the attempt is asked to
// stop gets SIGTERM and after `grace` SIGKILL. Throws std::runtime_error when it cannot be started.
ExecResult run_command(Context& context, const ExecRequest& request,
                       std::chrono::milliseconds grace = std::chrono::seconds{2});

}  // namespace forkmill::worker
