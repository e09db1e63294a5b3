// Waiting for one task and printing what it gave: `submit` and `task wait`.
#pragma once

#include <forkmill/client.h>

#include <chrono>

namespace forkmill::cli {

// Prints the result as JSON. With a time limit above zero, gives up waiting when it has passed (Timeout); the task goes
// on. Throws what the task ended with.
int print_when_done(Future<RawResult> future, std::chrono::milliseconds limit);

}  // namespace forkmill::cli
