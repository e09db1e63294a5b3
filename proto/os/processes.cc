#include "proto/os/processes.h"

#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace forkmill::proto {

namespace {

std::int64_t milliseconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

// proc(5): "pid (comm) state ppid …"; comm may contain any character, so the fields begin behind the last parenthesis.
std::optional<ProcessRow> process_row(pid_t pid, ProcessRole role) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields{line.substr(line.rfind(')') + 1)};
  ProcessRow row;
  std::string skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::int64_t start = 0;
  std::uint64_t pages = 0;
  fields >> row.state >> row.parent;
  for (int field = 5; field < 14; ++field) fields >> skipped;
  fields >> user >> system;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  fields >> start >> skipped >> pages;
  if (!fields) return std::nullopt;
  const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
  row.pid = static_cast<std::uint32_t>(pid);
  row.role = role;
  row.cpu_us = (user + system) * 1'000'000 / static_cast<std::uint64_t>(ticks);
  row.rss_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::int64_t age = milliseconds_of(CLOCK_BOOTTIME) - start * 1000 / ticks;
  row.started_at = milliseconds{milliseconds_of(CLOCK_REALTIME) - age};
  return row;
}

int own_threads() {
#if defined(__SANITIZE_THREAD__)
  constexpr int kOfTheRuntime = 1;
#else
  constexpr int kOfTheRuntime = 0;
#endif
  const std::filesystem::directory_iterator threads{"/proc/self/task"};
  return static_cast<int>(std::distance(begin(threads), end(threads))) - kOfTheRuntime;
}

}  // namespace forkmill::proto
