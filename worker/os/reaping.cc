#include "worker/os/reaping.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

namespace {

std::uint64_t microseconds_of(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
}

// Calls `each` with every entry of a directory whose name is a number.
void each_number(const char* path, const std::function<void(int)>& each) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(path), ::closedir};
  if (!directory) return;
  while (const dirent* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    int number = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (const auto read = std::from_chars(entry->d_name, end, number); read.ptr != end || read.ec != std::errc{}) {
      continue;
    }
    if (number != ::dirfd(directory.get())) each(number);
  }
}

}  // namespace

std::optional<pid_t> next_dead() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return std::nullopt;
  return info.si_pid;
}

Death reap(pid_t pid) {
  int status = 0;
  rusage usage{};
  Death death;
  death.pid = pid;
  if (::wait4(pid, &status, 0, &usage) != pid) return death;
  if (WIFEXITED(status)) death.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
  death.user_us = microseconds_of(usage.ru_utime);
  death.system_us = microseconds_of(usage.ru_stime);
  death.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return death;
}

std::vector<int> open_descriptors() {
  std::vector<int> open;
  each_number("/proc/self/fd", [&](int fd) { open.push_back(fd); });
  return open;
}

void close_all_but(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int fd : kept) {
    if (fd < 0) continue;
    const auto number = static_cast<unsigned>(fd);
    if (number > from) ::close_range(from, number - 1, 0);
    from = std::max(from, number + 1);
  }
  ::close_range(from, ~0U, 0);
}

void fill_standard_descriptors() {
  for (;;) {
    const int fd = ::open("/dev/null", O_RDWR);
    if (fd < 0) return;
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
  }
}

bool standard_descriptors_open() {
  std::array<pollfd, 3> streams{pollfd{STDIN_FILENO, 0, 0}, pollfd{STDOUT_FILENO, 0, 0}, pollfd{STDERR_FILENO, 0, 0}};
  ::poll(streams.data(), streams.size(), 0);
  return std::none_of(streams.begin(), streams.end(), [](const pollfd& one) { return (one.revents & POLLNVAL) != 0; });
}

std::vector<pid_t> children_of_self() {
  std::vector<pid_t> children;
  std::ifstream list{"/proc/thread-self/children"};
  for (pid_t pid = 0; list >> pid;) children.push_back(pid);
  return children;
}

void kill_sessions(const std::vector<pid_t>& sessions) {
  each_number("/proc", [&](int pid) {
    if (std::find(sessions.begin(), sessions.end(), ::getsid(pid)) != sessions.end()) ::kill(pid, SIGKILL);
  });
}

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace forkmill::worker
