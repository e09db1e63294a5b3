// The sandbox of handlers and commands: no network, and no changes to files outside of one folder. Landlock sees to the
// files, a filter of system calls to the network. Both are for good, and also hold for all processes that are started
// inside. What was opened before stays open.
#pragma once

#include <string>

#include "proto/status.h"

namespace forkmill::worker {

// Fails, with what is missing, if this machine's kernel cannot keep the sandbox.
proto::Status check_sandbox();

// Puts this process into the sandbox. It must have one thread, and no_new_privs. Throws std::system_error.
void enter_sandbox(const std::string& folder);

}  // namespace forkmill::worker
