#include "proto/os/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "proto/os/control_groups.h"

namespace forkmill::proto {

namespace {

std::uint64_t machine_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::optional<std::uint64_t> memory_limit_of_groups(const std::string& groups, const std::string& root) {
  std::optional<std::uint64_t> least;
  const auto read = [&](const std::string& path) {
    std::ifstream file{path};
    std::uint64_t bytes = 0;  // "max" is no number
    if (file >> bytes && (!least || bytes < *least)) least = bytes;
  };
  for (const ControlGroup& group : control_groups(groups, root, "memory")) {
    if (!group.is_v2) read(group.folder + "/memory.limit_in_bytes");
    if (!group.is_v2) continue;
    read(group.folder + "/memory.max");
    read(group.folder + "/memory.high");
  }
  return least;
}

namespace {

std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file{path};
  std::uint64_t number = 0;  // "max" is no number
  return file >> number ? std::optional{number} : std::nullopt;
}

// The bytes of files in memory that were not used for long, by memory.stat.
std::uint64_t idle_file_bytes(const std::string& group) {
  std::ifstream file{group + "/memory.stat"};
  std::string key;
  for (std::uint64_t bytes = 0; file >> key >> bytes;)
    if (key == "inactive_file") return bytes;
  return 0;
}

}  // namespace

std::optional<std::uint64_t> spare_memory_of_groups(const std::string& groups, const std::string& root) {
  std::optional<std::uint64_t> least;
  for (const ControlGroup& group : control_groups(groups, root, "memory")) {
    if (!group.is_v2) continue;
    const auto used = number_in(group.folder + "/memory.current");
    if (!used) continue;
    const std::uint64_t needed = *used - std::min(*used, idle_file_bytes(group.folder));
    for (const char* file : {"/memory.max", "/memory.high"}) {
      const auto limit = number_in(group.folder + file);
      if (!limit) continue;
      const std::uint64_t most = *limit / 10 * 9;
      const std::uint64_t spare = most - std::min(most, needed);
      least = std::min(least.value_or(spare), spare);
    }
  }
  return least;
}

std::uint64_t recommended_memory() {
  const std::uint64_t half_of_machine = machine_memory() / 2;
  const auto limit = memory_limit_of_groups(own_control_groups(), "/sys/fs/cgroup");
  return limit ? std::min(*limit / 4 * 3, half_of_machine) : half_of_machine;
}

std::uint64_t resident_memory() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace forkmill::proto
