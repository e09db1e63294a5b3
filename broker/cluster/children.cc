#include "broker/cluster/children.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "proto/os/output/logging.h"

namespace forkmill::broker {

namespace {

constexpr proto::Instant kFailurePause = std::chrono::milliseconds{500};  // after a failure; doubles with each in a row
constexpr unsigned kMaxFailureDoublings = 5;
constexpr proto::Instant kLongLife = std::chrono::minutes{1};  // a failure after that is the first one

std::string end_of(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::string Children::name_of(Number number) {
  return number == 0 ? "the door" : "the process of shard " + std::to_string(number);
}

void Children::start(proto::Instant now) {
  for (auto& [number, child] : children_)
    if (child.process == 0 && now >= child.due_at) fork(number, child, now);
}

void Children::fork(Number number, Child& child, proto::Instant now) {
  proto::flush_log(*log_);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) {
    log_->error("cannot fork {}: {}", name_of(number), std::strerror(errno));
    child.due_at = now + kFailurePause;
    return;
  }
  if (process == 0) {
    // A host that was killed takes its processes along; they end in order.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(0);
    std::exit(run_(number));  // NOLINT(concurrency-mt-unsafe): runs what is to run at the end of a broker
  }
  child.process = process;
  child.is_ending = false;
  child.started_at = now;
}

bool Children::reap(proto::Instant now) {
  int status = 0;
  bool can_run = true;
  for (auto& [number, child] : children_) {
    if (child.process == 0 || ::waitpid(child.process, &status, WNOHANG) != child.process) continue;
    child.process = 0;
    const bool is_fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (is_fine) {
      child.failures = 0;
      child.due_at = now;
      continue;
    }
    can_run = can_run && !(WIFEXITED(status) && WEXITSTATUS(status) == kHopeless);
    if (now - child.started_at >= kLongLife) child.failures = 0;
    const auto pause = kFailurePause * (1 << std::min(child.failures++, kMaxFailureDoublings));
    child.due_at = now + pause;
    log_->error("{} {}; it is started again", name_of(number), end_of(status));
  }
  return can_run;
}

void Children::signal(Number number, int signal) const {
  const auto found = children_.find(number);
  if (found != children_.end() && found->second.process != 0) ::kill(found->second.process, signal);
}

void Children::signal_all(int signal) const {
  for (const auto& one : children_) this->signal(one.first, signal);
}

bool Children::is_ending(Number number) const {
  const auto found = children_.find(number);
  return found != children_.end() && found->second.is_ending;
}

void Children::restart(Number number) {
  const auto found = children_.find(number);
  if (found == children_.end() || std::exchange(found->second.is_ending, true)) return;
  signal(number, SIGTERM);
}

bool Children::stop() {
  signal_all(SIGTERM);
  bool all_fine = true;
  for (auto& [number, child] : children_) {
    if (child.process == 0) continue;
    int status = 0;
    while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    child.process = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    log_->error("{} {}", name_of(number), end_of(status));
    all_fine = false;
  }
  return all_fine;
}

}  // namespace forkmill::broker
