#include "proto/os/cpus.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>

#include "proto/os/control_groups.h"

namespace forkmill::proto {

namespace {

unsigned cpus_of_affinity() {
  for (int count = CPU_SETSIZE; count <= 64 * CPU_SETSIZE; count *= 2) {
    const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> cpus{CPU_ALLOC(count),
                                                                [](cpu_set_t* set) { CPU_FREE(set); }};
    const std::size_t size = CPU_ALLOC_SIZE(count);
    CPU_ZERO_S(size, cpus.get());
    if (::sched_getaffinity(0, size, cpus.get()) == 0) return static_cast<unsigned>(CPU_COUNT_S(size, cpus.get()));
  }
  return 1;
}

using Quota = std::optional<double>;

void lower(Quota& least, const Quota& quota) {
  if (quota && (!least || *quota < *least)) least = quota;
}

// Version 2: "50000 100000", or "max 100000".
Quota quota_of_v2(const std::string& group) {
  std::ifstream file{group + "/cpu.max"};
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

// Version 1: two files; no quota is −1.
Quota quota_of_v1(const std::string& group) {
  std::ifstream quota_file{group + "/cpu.cfs_quota_us"};
  std::ifstream period_file{group + "/cpu.cfs_period_us"};
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& groups, const std::string& root) {
  Quota least;
  for (const ControlGroup& group : control_groups(groups, root, "cpu"))
    lower(least, group.is_v2 ? quota_of_v2(group.folder) : quota_of_v1(group.folder));
  return least;
}

unsigned usable_cpus() {
  const double cpus = std::max(cpus_of_affinity(), 1U);
  const auto quota = cpu_quota(own_control_groups(), "/sys/fs/cgroup");
  return static_cast<unsigned>(std::max(1.0, std::min(cpus, std::ceil(quota.value_or(cpus)))));
}

}  // namespace forkmill::proto
