#include "client/local/descendants.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "worker/os/reaping.h"

namespace forkmill::local {

namespace {

// Lists the children of a process's main thread: no process here forks from another thread.
std::vector<pid_t> children_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream list{"/proc/" + id + "/task/" + id + "/children"};
  std::vector<pid_t> children;
  for (pid_t pid = 0; list >> pid;) children.push_back(pid);
  return children;
}

void collect(pid_t parent, std::set<pid_t>& found) {
  for (const pid_t child : children_of(parent))
    if (found.insert(child).second) collect(child, found);
}

}  // namespace

void end_descendants() {
  // All are stopped first, until no new ones appear: a stopped process neither forks nor restarts or reports others.
  std::set<pid_t> stopped;
  for (;;) {
    std::set<pid_t> found;
    collect(::getpid(), found);
    const auto known = stopped.size();
    for (const pid_t pid : found)
      if (stopped.insert(pid).second) ::kill(pid, SIGSTOP);
    if (stopped.size() == known) break;
  }
  for (const pid_t pid : stopped) ::kill(pid, SIGKILL);
  for (auto left = worker::children_of_self(); !left.empty(); left = worker::children_of_self()) {
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    for (const pid_t pid : left) worker::reap(pid);
  }
}

}  // namespace forkmill::local
