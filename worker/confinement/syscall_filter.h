// SyscallFilter (seccomp): system calls that a sandboxed process may not make, for itself and what it starts. Sockets
// cannot be made, of any kind: the broker's ipc:// socket would serve the process as it serves its user.
#pragma once

#include "proto/status.h"

namespace forkmill::worker {

// Fails if this machine's kernel or processor has no such filters.
proto::Status check_syscall_filter();

// This thread, and what it starts, can make no socket from now on, except for pairs of connected ones, and no io_uring,
// which would make sockets past this filter. Programs of another architecture are killed. forbid_truncate: no file can
// be truncated unless it was opened for writing (for kernels whose Landlock does not see to it). Needs no_new_privs.
// Throws std::system_error.
void forbid_sockets(bool forbid_truncate);

}  // namespace forkmill::worker
