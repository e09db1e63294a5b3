// Time in the pure parts: a number that is given to them. Only proto/transport asks the system for the time.
#pragma once

#include <chrono>
#include <cstdint>

namespace forkmill::proto {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Microseconds on a steady clock, which never jumps; the zero point has no meaning. All leases and timeouts use it.
using Instant = std::chrono::duration<std::int64_t, std::micro>;

// Both clocks, read together. The wall clock serves only for `not_before` and for times that people read.
struct Now {
  Instant steady{0};
  milliseconds unix_time{0};
};

inline constexpr Instant kNever = Instant::max();

}  // namespace forkmill::proto
