// Limits that the kernel enforces on the processes of tasks: setrlimit(2), core dumps, processor time of one task.
#pragma once

#include <forkmill/worker_options.h>

#include <chrono>

namespace forkmill::worker {

// Limits this process and what it starts, for good: ChildLimits without `cpu`. A lower limit that this process has
// already stays. Throws std::system_error.
void apply(const ChildLimits& limits);

// Lets this process use `cpu` of processor time from now on; SIGXCPU ends it then. Whole seconds, rounded up. Call it
// before each task. Two system calls.
void limit_cpu_of_task(std::chrono::milliseconds cpu);

// The same for a process that has used no processor time yet. It cannot put the end off: SIGKILL follows a second
// later. May be called between fork and exec: makes system calls only.
void limit_cpu_of_command(std::chrono::milliseconds cpu);

}  // namespace forkmill::worker
