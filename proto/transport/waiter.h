// Waiter: waits for any of several descriptors (epoll). One thread owns it. Wakeup: how another thread interrupts that
// wait. Alarm: how time does.
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

  // Tags of the descriptors that can be read, at most kMax of them; none after `timeout` or a signal. Negative: for as
  // long as it takes. Rounded up to whole milliseconds.
  std::span<const std::uint64_t> wait(Instant timeout);

  // Can be read while any of the descriptors can: for waiting in another Waiter.
  int fd() const { return epoll_; }

  static constexpr std::size_t kMax = 64;

 private:
  int epoll_;
  std::array<std::uint64_t, kMax> tags_{};
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

// One thread owns it. Readable from the time that was set on, until it is set again or stopped.
class Alarm {
 public:
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Instant from_now);
  void stop();
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace forkmill::proto
