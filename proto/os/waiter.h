// Waiter: waits for any of several descriptors (epoll). Alarm: interrupts the wait at a time (timerfd). One thread owns
// each of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/clock.h"
#include "proto/os/descriptor.h"

namespace forkmill::proto {

class Waiter {
 public:
  Waiter();

  // Waits for `fd` to become readable (level-triggered). wait() returns `tag`.
  void add(int fd, std::uint64_t tag);
  void remove(int fd);

  // Returns the tags of the readable descriptors, at most kMax; none after `timeout` or a signal. `timeout` is rounded
  // up to milliseconds; a negative one never ends.
  std::span<const std::uint64_t> wait(Instant timeout);

  // Readable while one of the descriptors is, so that another Waiter can wait for this one.
  int fd() const { return epoll_.get(); }

  static constexpr std::size_t kMax = 64;

 private:
  Descriptor epoll_;
  std::array<std::uint64_t, kMax> tags_{};
};

// fd() is readable from the set time on, until the alarm is set again or stopped.
class Alarm {
 public:
  Alarm();

  void set(Instant from_now);
  void stop();
  int fd() const { return fd_.get(); }

 private:
  Descriptor fd_;
};

}  // namespace forkmill::proto
