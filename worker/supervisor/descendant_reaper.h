// DescendantReaper: sessions of dead children that still have members. A descendant of a child becomes a child of the
// supervisor when its parent ends (the supervisor is a subreaper): then it is killed.
#pragma once

#include <sys/types.h>

#include <vector>

namespace forkmill::worker {

class DescendantReaper {
 public:
  // Call when the child that led this session has died.
  void add(pid_t session) { sessions_.push_back(session); }
  // Kills the members that are children of this process now. Call it after each reaping: killed members must be reaped
  // as well, and may leave others.
  void sweep();

 private:
  std::vector<pid_t> sessions_;
};

}  // namespace forkmill::worker
