// Waiter: waits for any of several descriptors (epoll). One thread owns it. Wakeup: how another thread interrupts that
// wait.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/clock.h"

namespace forkmill::proto {

class Waiter {
 public:
  Waiter();
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Level-triggered for reading. `tag` comes back from wait().
  void add(int fd, std::uint64_t tag);
  void remove(int fd);

  // Tags of the descriptors that can be read, at most kMost of them; none after `timeout` or a signal. Negative: for as
  // long as it takes. Rounded up to whole milliseconds.
  std::span<const std::uint64_t> wait(Instant timeout);

  static constexpr std::size_t kMost = 64;

 private:
  int epoll_;
  std::array<std::uint64_t, kMost> tags_{};
};

// Any thread may call signal(); the owner waits on fd() and then calls clear().
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void signal();
  void clear();
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace forkmill::proto
