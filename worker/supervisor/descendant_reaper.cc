#include "worker/supervisor/descendant_reaper.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "worker/os/reaping.h"

namespace forkmill::worker {

void DescendantReaper::sweep() {
  if (sessions_.empty()) return;
  std::vector<pid_t> with_members;
  for (const pid_t pid : children_of_self()) {
    const pid_t session = ::getsid(pid);
    if (std::find(sessions_.begin(), sessions_.end(), session) == sessions_.end()) continue;
    ::kill(pid, SIGKILL);
    with_members.push_back(session);
  }
  sessions_ = std::move(with_members);
}

}  // namespace forkmill::worker
