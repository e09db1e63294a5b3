// The tasks that a program leaves behind at local:// when it ends.
#pragma once

#include <forkmill/local.h>

#include <string>

namespace forkmill::local {

// Runs at the normal end of the program. AtExit::wait: blocks until no task is left that a worker may still run; says
// so on stderr when that takes longer than a second. AtExit::drop: says on stderr how many are lost. Tasks of pools and
// processes do not count: those end with their pool, or were joined.
void settle_last_tasks(const std::string& endpoint, AtExit how) noexcept;

}  // namespace forkmill::local
