// Checks of what a program asks of a process.
#pragma once

#include <string>

#include "client/process/state.h"

namespace forkmill::client {

// Throws Error{bad_request}.
[[noreturn]] void refuse(const Process::State& process, const std::string& text);
// Whether this is a process of a Pool: a daemon that may have children, which are daemons as well.
bool runs_in_pool();
// Throws Error{option_out_of_range or name_invalid} for a name that no process may have.
void check_name(const std::string& name);

}  // namespace forkmill::client
