// A child process that runs a program and does not outlive this process. One thread uses it, the one that made it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::cli {

// How a process ended.
struct Exit {
  int code = 0;    // valid if `signal` is 0
  int signal = 0;  // the signal that killed the process; 0: none
  // The exit status that a shell shows: the code, or 128 + signal.
  int status() const { return signal != 0 ? 128 + signal : code; }
  std::string text() const;  // "exited with status 3", "was killed by signal 9 (Killed)"
};

class Child {
 public:
  struct Options {
    bool own_group = true;  // the child gets a process group, so that a Ctrl-C on the terminal does not reach it
    std::vector<std::pair<std::string, std::string>> env{};  // added to the environment of this process
  };

  // Starts the program, which gets SIGTERM when this thread ends in any way. Throws CommandError if it cannot start.
  Child(const std::vector<std::string>& argv, const Options& options);
  // Kills the child, and its own group if it has one, unless it has ended.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int fd() const { return pidfd_.get(); }  // a pidfd, readable once the child has ended
  // Reaps the child if it has ended. Null: it still runs. Does not block.
  std::optional<Exit> ended();
  // Blocks until the child has ended or `timeout` has passed. Returns whether the child has ended.
  bool wait_for(std::chrono::milliseconds timeout);
  // Sends a signal to the child, but not to its group. Does nothing if ended() has returned its exit.
  void signal(int number) const;

 private:
  bool own_group_;
  pid_t pid_ = -1;
  proto::Descriptor pidfd_;
  std::optional<Exit> exit_;
};

}  // namespace forkmill::cli
