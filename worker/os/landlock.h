// Landlock: a process gives up the right to change files outside of one folder, for itself and what it starts.
#pragma once

#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

// Version of Landlock in this kernel; 0: it has none, or it is switched off.
int landlock_version();

// The oldest version that forbids truncate(2). Without it, the filter of system calls has to.
inline constexpr int kLandlockTruncates = 3;
// The oldest version that keeps signals inside.
inline constexpr int kLandlockScopes = 6;

// Rules under which files can be made, changed and removed below `folder` only; /dev/null, /dev/zero and /dev/full can
// be written to. Reading and executing are not limited. Throws std::system_error.
proto::Descriptor make_write_rules(const std::string& folder);

// This thread, and what it starts, obeys the rules from now on, besides those that it obeys already: processes outside
// cannot be traced, and with kLandlockScopes not be signalled. Needs no_new_privs. False: errno says why. May be called
// between fork and exec: one system call.
bool obey(int rules);

}  // namespace forkmill::worker
