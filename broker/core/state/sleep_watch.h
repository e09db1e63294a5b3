// SleepWatch: notices that the broker has slept, because it was stopped or starved. What peers have sent meanwhile may
// still be waiting, and those whose connections broke must come back first, so nothing that they should have said in
// that time counts against them.
#pragma once

#include <utility>

#include "proto/clock.h"

namespace forkmill::broker {

class SleepWatch {
 public:
  // Call in each tick of the core. Returns whether the broker has slept since the last one.
  bool tick(proto::Instant now, proto::Instant session_timeout) {
    const proto::Instant last = std::exchange(last_tick_, now);
    return last.count() > 0 && now - last > session_timeout / 2;
  }

 private:
  proto::Instant last_tick_{0};
};

}  // namespace forkmill::broker
