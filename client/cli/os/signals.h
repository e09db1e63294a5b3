// Signals as a descriptor to poll. The constructor blocks the signals in this thread, and so in all threads that it
// starts later: construct before other threads start. The destructor restores the mask. Child processes have no signal
// blocked (os/child.h).
#pragma once

#include <signal.h>

#include <initializer_list>

#include "proto/os/descriptor.h"

namespace forkmill::cli {

class Signals {
 public:
  // SIGHUP stays ignored if it is, as nohup(1) requests.
  Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }  // readable if a signal is pending
  // Removes a pending signal and returns its number. 0: none is pending. Does not block. (No optional: GCC compares the
  // value of an empty one before it looks whether there is one, which memcheck reports.)
  int pop();

 private:
  proto::Descriptor fd_;
  sigset_t before_{};
};

}  // namespace forkmill::cli
