// The CPUs that this process may use. Any thread.
#pragma once

#include <optional>
#include <string>

namespace forkmill::proto {

// Returns the number of CPUs that are worth a process each: those of the affinity mask, but no more than the CPU quota
// of the control groups of this process allows, rounded up. At least 1.
unsigned usable_cpus();

// Returns the smallest CPU quota of a process's control groups and their parents, in CPUs. None: there is no quota. The
// arguments are those of control_groups().
std::optional<double> cpu_quota(const std::string& groups, const std::string& root);

}  // namespace forkmill::proto
