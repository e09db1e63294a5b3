#include "client/cli/dev/command_processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace forkmill::cli {

namespace {

constexpr std::chrono::milliseconds kLookInterval{10};
constexpr pid_t kNoCommand = 0;

struct ProcessEntry {
  pid_t parent = 0;
  pid_t session = 0;
  char state = 'Z';
};

// Reads /proc/PID/stat: "pid (comm) state ppid pgrp session …"; comm may contain any character.
ProcessEntry entry_of(const std::filesystem::path& process) {
  std::string line;
  std::getline(std::ifstream{process / "stat"}, line);
  std::istringstream fields{line.substr(line.rfind(')') + 1)};
  ProcessEntry entry;
  pid_t group = 0;
  fields >> entry.state >> entry.parent >> group >> entry.session;
  return entry;
}

std::map<pid_t, ProcessEntry> all_processes() {
  std::map<pid_t, ProcessEntry> found;
  std::error_code error;
  for (std::filesystem::directory_iterator at{"/proc", error}, end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    pid_t pid = 0;
    const auto [rest, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong == std::errc{} && rest == name.data() + name.size()) found.emplace(pid, entry_of(at->path()));
  }
  return found;
}

}  // namespace

CommandProcesses::CommandProcesses(std::set<pid_t> others) : others_{std::move(others)} {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

CommandProcesses::~CommandProcesses() {
  const auto start = std::chrono::steady_clock::now();
  std::set<pid_t> told;
  for (;;) {
    const auto left = running();
    reap_orphans(kNoCommand);
    if (left.empty()) return;
    const auto passed = std::chrono::steady_clock::now() - start;
    if (passed >= 2 * kGrace) return;  // the kernel cannot kill a process that waits for a device
    const bool late = passed >= kGrace;
    for (const pid_t pid : left) {
      if (late)
        ::kill(pid, SIGKILL);
      else if (told.insert(pid).second && ::kill(pid, SIGTERM) == 0)
        ::kill(pid, SIGCONT);  // a stopped process has to run in order to end
    }
    std::this_thread::sleep_for(kLookInterval);
  }
}

std::set<pid_t> CommandProcesses::running() const {
  const auto all = all_processes();
  const auto is_descendant = [&](pid_t pid) {
    for (auto at = all.find(pid); at != all.end() && !others_.contains(at->first); at = all.find(at->second.parent))
      if (at->second.parent == ::getpid()) return true;
    return false;
  };
  std::set<pid_t> found;
  for (const auto& [pid, entry] : all)
    if (entry.session == ::getsid(0) && entry.state != 'Z' && is_descendant(pid)) found.insert(pid);
  return found;
}

void CommandProcesses::reap_orphans(pid_t command) const {
  for (;;) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
    if (ended.si_pid == command || others_.contains(ended.si_pid)) return;
    ::waitpid(ended.si_pid, nullptr, 0);
  }
}

}  // namespace forkmill::cli
