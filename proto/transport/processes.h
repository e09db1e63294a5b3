// What the system shows of processes, from /proc. Any thread.
#pragma once

#include <sys/types.h>

#include <optional>

#include "proto/wire/messages.h"

namespace forkmill::proto {

// A row of REPORT: everything but grant and command. Empty: it is gone.
std::optional<ProcessRow> process_row(pid_t pid, ProcessRole role);

// How many threads this process has, those of a sanitizer's runtime aside.
int own_threads();

}  // namespace forkmill::proto
