// A steady clock that is read in a few nanoseconds and moves on once in a few milliseconds, with the kernel's tick: for
// checks that come too often for a precise one.
#pragma once

#include <ctime>

#include "proto/clock.h"

namespace forkmill::proto {

inline Instant coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::duration_cast<Instant>(std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec});
}

}  // namespace forkmill::proto
