// Exit codes of processes, as Process::exitcode() gives them.
#pragma once

#include <exception>

namespace forkmill::client {

// error: how the process ended; null: well. last_signal: the last one that its starter has sent, 0 for none. It tells
// how a process ended that was cancelled before it was forked.
int exit_code_of(const std::exception_ptr& error, int last_signal);

}  // namespace forkmill::client
