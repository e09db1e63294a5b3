// Wakeup: interrupts the wait of a thread from another thread, or from a process that has inherited the descriptor
// (eventfd).
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "proto/os/descriptor.h"

namespace forkmill::proto {

// Any thread may call signal(). The thread that waits for fd() to become readable calls clear() afterwards.
class Wakeup {
 public:
  // Throws std::system_error if no descriptor is left.
  Wakeup() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!fd_.valid()) throw std::system_error{errno, std::generic_category(), "eventfd"};
  }

  void signal() { signal(fd()); }
  void clear() { clear(fd()); }
  int fd() const { return fd_.get(); }

  // The same for the fd() of a Wakeup that another process owns.
  static void signal(int fd) {
    [[maybe_unused]] const int full = ::eventfd_write(fd, 1);  // full: signalled already
  }
  static void clear(int fd) {
    eventfd_t count = 0;
    [[maybe_unused]] const int empty = ::eventfd_read(fd, &count);
  }

 private:
  Descriptor fd_;
};

}  // namespace forkmill::proto
