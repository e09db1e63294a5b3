// CommandProcesses: all that the COMMAND of `forkmill dev` has started. They end with it, since their broker does. One
// thread.
//
//   in the session of this process    SIGTERM, and SIGKILL after kGrace, in any process group they are
//   in a session of their own         left alone: daemons, which have detached themselves on purpose
#pragma once

#include <sys/types.h>

#include <chrono>
#include <set>

namespace forkmill::cli {

class CommandProcesses {
 public:
  static constexpr std::chrono::milliseconds kGrace{2000};

  // Makes this process the parent of descendants whose parents have ended. `others`: children of this process that are
  // no part of COMMAND, with their own descendants.
  explicit CommandProcesses(std::set<pid_t> others);
  // Ends those that still run. Blocks until none is left, at most for twice kGrace.
  ~CommandProcesses();
  CommandProcesses(const CommandProcesses&) = delete;
  CommandProcesses& operator=(const CommandProcesses&) = delete;

  // Reaps the descendants that have come to this process and have ended. `command`: COMMAND itself, which is left to
  // its owner. Does not block.
  void reap_orphans(pid_t command) const;

 private:
  std::set<pid_t> running() const;

  std::set<pid_t> others_;
};

}  // namespace forkmill::cli
