#include "worker/os/limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace forkmill::worker {

namespace {

rlim_t whole_seconds(std::chrono::milliseconds time) {
  return static_cast<rlim_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

void lower(__rlimit_resource resource, const char* what, std::uint64_t most) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) throw std::system_error{errno, std::generic_category(), what};
  const rlim_t hard = std::min<rlim_t>(now.rlim_max, most);
  const rlimit lowered{hard, hard};
  if (::setrlimit(resource, &lowered) != 0) throw std::system_error{errno, std::generic_category(), what};
}

void lower_if_set(__rlimit_resource resource, const char* what, std::uint64_t most) {
  if (most != 0) lower(resource, what, most);
}

}  // namespace

void apply(const ChildLimits& limits) {
  lower_if_set(RLIMIT_AS, "limit of memory", limits.memory);
  lower_if_set(RLIMIT_NOFILE, "limit of open files", limits.files);
  lower_if_set(RLIMIT_NPROC, "limit of processes", limits.processes);
  lower_if_set(RLIMIT_FSIZE, "limit of the size of files", limits.file_size);
  lower(RLIMIT_CORE, "limit of core dumps", limits.core);
  // A change of user forbids core dumps.
  if (limits.core != 0 && ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
    throw std::system_error{errno, std::generic_category(), "PR_SET_DUMPABLE"};
}

void limit_cpu_of_task(std::chrono::milliseconds cpu) {
  timespec used{};
  rlimit limit{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0 || ::getrlimit(RLIMIT_CPU, &limit) != 0)
    throw std::system_error{errno, std::generic_category(), "limit of processor time"};
  const auto begun = static_cast<rlim_t>(used.tv_sec) + (used.tv_nsec > 0 ? 1 : 0);
  limit.rlim_cur = std::min(limit.rlim_max, begun + whole_seconds(cpu));
  if (::setrlimit(RLIMIT_CPU, &limit) != 0)
    throw std::system_error{errno, std::generic_category(), "limit of processor time"};
}

void limit_cpu_of_command(std::chrono::milliseconds cpu) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CPU, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, whole_seconds(cpu));
  limit.rlim_max = std::min(limit.rlim_max, limit.rlim_cur + 1);
  ::setrlimit(RLIMIT_CPU, &limit);
}

}  // namespace forkmill::worker
