// EventBudget: how much work the broker does for the clients that watch, in all. A client for which there is none left
// comes later in the stream and may miss events; tasks never wait for it. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "proto/clock.h"

namespace forkmill::broker {

class EventBudget {
 public:
  // Units for looking at an event, and for telling it. One unit comes in each microsecond: the broker looks at
  // 1,000,000 events a second at most, and tells 50,000.
  static constexpr std::int64_t kLook = 1;
  static constexpr std::int64_t kTell = 19;
  static constexpr std::int64_t kMost = 100'000;

  void refill(proto::Instant now) {
    if (last_ != proto::kNever) units_ = std::min(kMost, units_ + std::max<std::int64_t>((now - last_).count(), 0));
    last_ = now;
  }
  bool is_empty() const { return units_ <= 0; }
  void spend(std::int64_t units) { units_ -= units; }

 private:
  std::int64_t units_ = kMost;
  proto::Instant last_ = proto::kNever;
};

}  // namespace forkmill::broker
