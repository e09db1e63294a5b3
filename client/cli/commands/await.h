// Waits for a task and prints its result, for `submit` and `task wait`.
#pragma once

#include <forkmill/client.h>

#include <chrono>

namespace forkmill::cli {

// Blocks until the task has ended, and prints its result as JSON. Returns the exit status 0. Throws Timeout after
// `timeout` (0: none), when the task continues, and the error of the task if it failed.
int print_when_done(Future<RawResult> future, std::chrono::milliseconds timeout);

}  // namespace forkmill::cli
