// RestartBackoff: when the successor of a dead process may start. At once, unless processes die before their start-up
// is over: then after growing pauses, so that a broken program does not burn the machine. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "proto/clock.h"

namespace forkmill::worker {

class RestartBackoff {
 public:
  // The n-th failure in a row costs kFirst · 2ⁿ⁻¹, at most kMax.
  static constexpr proto::Instant kFirst = std::chrono::milliseconds{100};
  static constexpr proto::Instant kMax = std::chrono::seconds{30};

  void succeeded() { failures_ = 0; }
  // Returns how long the next process waits.
  proto::Instant failed() {
    const unsigned doublings = std::min(failures_++, 16U);
    return std::min(kMax, kFirst * (1 << doublings));
  }

 private:
  unsigned failures_ = 0;  // in a row
};

// For log lines.
inline std::int64_t in_milliseconds(proto::Instant pause) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(pause).count();
}

}  // namespace forkmill::worker
