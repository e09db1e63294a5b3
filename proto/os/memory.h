// Memory: how much of it this process may use, and uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace forkmill::proto {

// Returns the lowest limit of memory among the control groups of a process (memory.max and memory.high of version 2,
// memory.limit_in_bytes of version 1). None: there is no limit. The arguments are those of control_groups().
std::optional<std::uint64_t> memory_limit_of_groups(const std::string& groups, const std::string& root);

// Returns the memory that a process's control groups of version 2 have left up to nine tenths of their limits, of the
// group that has the least. Pages of files that were not used for long count as free. None: there is no limit. The
// arguments are those of control_groups().
std::optional<std::uint64_t> spare_memory_of_groups(const std::string& groups, const std::string& root);

// Returns the memory that this process should not exceed: three quarters of the limit of its control group, or half of
// the memory of the machine, whichever is lower.
std::uint64_t recommended_memory();

// Returns the memory of this process that is in RAM.
std::uint64_t resident_memory();

}  // namespace forkmill::proto
