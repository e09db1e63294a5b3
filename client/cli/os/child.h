// A program that this one has started, and that does not outlive it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/transport/descriptor.h"

namespace forkmill::cli {

// How a process ended, as a shell tells it.
struct Exit {
  int code = 0;  // when signal is 0
  int signal = 0;
  int status() const { return signal != 0 ? 128 + signal : code; }
  std::string text() const;  // "exited with status 3", "was killed by signal 9 (Killed)"
};

class Child {
 public:
  struct Options {
    bool own_group = true;                                   // so that a Ctrl-C on the terminal does not reach it
    std::vector<std::pair<std::string, std::string>> env{};  // in addition to ours
  };

  // Throws CommandError when the program cannot be started. It gets SIGTERM when this thread ends, however it ends.
  Child(const std::vector<std::string>& argv, const Options& options);
  // Kills what still runs, with its group.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int fd() const { return pidfd_.get(); }  // readable when it has ended
  std::optional<Exit> ended();             // reaps it; does not wait
  // True when it has ended by then.
  bool wait_for(std::chrono::milliseconds how_long);
  void signal(int number) const;  // to it alone; nothing when it has ended

 private:
  bool own_group_;
  pid_t pid_ = -1;
  proto::Descriptor pidfd_;
  std::optional<Exit> exit_;
};

}  // namespace forkmill::cli
