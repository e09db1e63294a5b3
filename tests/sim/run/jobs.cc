#include "tests/sim/run/jobs.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <deque>
#include <map>
#include <system_error>

namespace forkmill::sim {

namespace {

pid_t fork_one(std::size_t number, const std::function<void(std::size_t)>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
  if (child > 0) return child;
  work(number);
  std::fflush(stdout);
  ::_exit(0);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double spent_by(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void run_forked(std::size_t count, std::size_t at_once, const std::function<void(std::size_t)>& work,
                const std::function<bool(std::size_t, int)>& died) {
  std::deque<std::size_t> waiting;
  for (std::size_t i = 0; i < count; ++i) waiting.push_back(i);
  std::map<pid_t, std::size_t> running;
  while (!waiting.empty() || !running.empty()) {
    if (!waiting.empty() && running.size() < at_once) {
      running.emplace(fork_one(waiting.front(), work), waiting.front());
      waiting.pop_front();
      continue;
    }
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) throw std::system_error{errno, std::generic_category(), "waitpid"};
    const auto found = running.find(ended);
    if (found == running.end()) continue;
    const std::size_t number = found->second;
    running.erase(found);
    const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!well && died(number, WIFSIGNALED(status) ? WTERMSIG(status) : 0)) waiting.push_front(number);
  }
}

double cpu_seconds() { return spent_by(RUSAGE_SELF) + spent_by(RUSAGE_CHILDREN); }

}  // namespace forkmill::sim
