// Processes, as /proc shows them. Any thread.
#pragma once

#include <sys/types.h>

#include <optional>

#include "proto/wire/messages.h"

namespace forkmill::proto {

// Returns a row of REPORT without grant and command; none if the process is gone.
std::optional<ProcessRow> process_row(pid_t pid, ProcessRole role);

// Returns the number of threads of this process, without those of a sanitizer's runtime.
int own_threads();

}  // namespace forkmill::proto
