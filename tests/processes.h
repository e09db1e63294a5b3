// Other processes, as tests see them: whether they are there, whose children they are, when they end, what they may
// open.
#pragma once

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace forkmill::tests {

// Returns false for a zombie too.
inline bool exists(pid_t pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string number;
  std::string name;
  char state = 'Z';
  stat >> number >> name >> state;
  return state != 'Z';
}

// The direct children of a process with that name (PR_SET_NAME).
inline std::vector<pid_t> children_of(pid_t parent, const std::string& name) {
  std::vector<pid_t> found;
  std::ifstream list{"/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children"};
  for (pid_t pid = 0; list >> pid;) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
    std::string comm;
    file >> comm;
    if (comm == name && exists(pid)) found.push_back(pid);
  }
  return found;
}

// A descriptor that is readable once that process has ended, and has to be closed. Of one's own child, until it is
// reaped. Throws std::system_error.
inline int open_process(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // close-on-exec by itself
  if (fd < 0) throw std::system_error{errno, std::generic_category(), "pidfd_open"};
  return fd;
}

// Until it has ended, or so long: then false. A child of one's own is not reaped. Throws std::system_error.
inline bool wait_for_end(pid_t pid, std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  const int fd = open_process(pid);
  pollfd ended{fd, POLLIN, 0};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  ::close(fd);
  return ready > 0;
}

// How many descriptors it may have open from now on, as far as its hard limit goes.
inline bool limit_descriptors(pid_t pid, rlim_t most) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0) return false;
  limit.rlim_cur = std::min(most, limit.rlim_max);
  return ::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0;
}

}  // namespace forkmill::tests
