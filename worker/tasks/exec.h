// forkmill.exec: runs a command for a submitter (proto/include/forkmill/exec.h).
#pragma once

#include <forkmill/context.h>
#include <forkmill/exec.h>

#include <chrono>
#include <string>
#include <vector>

#include "worker/tasks/passed_environment.h"

namespace forkmill::worker {

struct ExecSettings {
  // Time from SIGTERM to SIGKILL when the attempt is asked to stop, or the command's time is up.
  std::chrono::milliseconds grace{2000};
  // Variables that commands get (passed_environment.h).
  std::vector<std::string> pass_env = standard_variables();
  // Processor time of a command's process. 0: as much as this process may use.
  std::chrono::milliseconds cpu{0};
  // Whether a command can change files in the folder only that is current when it begins: that of its task. The child
  // is sandboxed already, with the folder of all its tasks.
  bool sandbox = false;
};

// Handles forkmill.exec: blocks until the command has ended. The command gets a process group of its own and dies with
// this process. When the attempt is asked to stop, the command gets SIGTERM, and SIGKILL after the grace. Its output is
// in the result, and goes to the log of the attempt as it comes, if the context is an OutputLog. Throws
// std::runtime_error if the command cannot be started, or was asked to stop and failed.
ExecResult run_command(Context& context, const ExecRequest& request, const ExecSettings& settings = {});

}  // namespace forkmill::worker
