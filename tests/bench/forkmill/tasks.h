// The tasks that the benchmarks submit and forkmill-bench-worker runs.
#pragma once

#include <forkmill/task.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace forkmill::bench {

inline constexpr Task<std::string(std::string)> kEcho{"bench.echo"};
inline constexpr Task<std::int64_t(std::int64_t)> kSquare{"bench.square"};
// Writes the monotonic time in nanoseconds to the file named, then kills its own process.
inline constexpr Task<void(std::string)> kDie{"bench.die"};
// The monotonic time in nanoseconds when the handler runs: comparable between the processes of one machine.
inline constexpr Task<std::int64_t()> kNow{"bench.now"};

inline std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace forkmill::bench
