// Signals as a descriptor to poll. The constructor blocks the signals in this thread, and so in all threads that it
// starts later: construct before other threads start. The destructor restores the mask. Child processes have no signal
// blocked (os/child.h).
#pragma once

#include <signal.h>

#include <initializer_list>
#include <optional>

#include "proto/os/descriptor.h"

namespace forkmill::cli {

class Signals {
 public:
  // SIGHUP stays ignored if it is, as nohup(1) requests.
  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }  // readable if a signal is pending
  // Removes a pending signal and returns its number. Null: none is pending. Does not block.
  std::optional<int> pop();

 private:
  proto::Descriptor fd_;
  sigset_t before_{};
};

}  // namespace forkmill::cli
