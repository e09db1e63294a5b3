// What the system shows of a process, as a row of REPORT: from /proc. Any thread.
#pragma once

#include <sys/types.h>

#include <optional>

#include "proto/messages.h"

namespace forkmill::proto {

// Everything but grant and command. Empty: it is gone.
std::optional<ProcessRow> process_row(pid_t pid, ProcessRole role);

}  // namespace forkmill::proto
