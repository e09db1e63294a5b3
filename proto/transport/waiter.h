// Waiter: waits for any of several descriptors (epoll). Alarm: interrupts the wait at a time (timerfd). One thread owns
// each of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "proto/clock.h"
#include "proto/transport/descriptor.h"

namespace forkmill::proto {

class Waiter {
 public:
  Waiter();

  // Level-triggered for reading. `tag` comes back from wait().
  void add(int fd, std::uint64_t tag);
  void remove(int fd);

  // Tags of the descriptors that can be read, at most kMax of them; none after `timeout` or a signal. Negative: for as
  // long as it takes. Rounded up to whole milliseconds.
  std::span<const std::uint64_t> wait(Instant timeout);

  // Can be read while any of the descriptors can: for waiting in another Waiter.
  int fd() const { return epoll_.get(); }

  static constexpr std::size_t kMax = 64;

 private:
  Descriptor epoll_;
  std::array<std::uint64_t, kMax> tags_{};
};

// Readable from the time that was set on, until it is set again or stopped.
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
