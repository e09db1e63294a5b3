// RestartBackoff: when the successor of a dead process may start. At once, unless processes die before they got through
// their start-up: then after growing pauses, so that a broken program does not burn the machine. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "proto/clock.h"

namespace forkmill::worker {

class RestartBackoff {
 public:
  // The n-th death in a row at birth costs kFirst · 2ⁿ⁻¹, at most kMax.
  static constexpr proto::Instant kFirst = std::chrono::milliseconds{100};
  static constexpr proto::Instant kMax = std::chrono::seconds{30};

  void succeeded() { failures_ = 0; }

  // How long the next one waits.
  proto::Instant failed() {
    const unsigned doublings = std::min(failures_++, 16U);
    return std::min(kMax, kFirst * (1 << doublings));
  }
  unsigned failures() const { return failures_; }

 private:
  unsigned failures_ = 0;  // in a row
};

}  // namespace forkmill::worker
