// Time as the pure parts see it: a number handed to them. Nothing outside proto/transport asks the system for it.
#pragma once

#include <chrono>
#include <cstdint>

namespace forkmill::proto {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Microseconds on a clock that never jumps; its zero means nothing. Leases and time-outs are reckoned on it alone.
using Instant = std::chrono::duration<std::int64_t, std::micro>;

// Both clocks, read together. The wall clock only translates "not before" of a submitter and labels what people read.
struct Now {
  Instant steady{0};
  milliseconds unix_time{0};
};

inline constexpr Instant kNever = Instant::max();

}  // namespace forkmill::proto
