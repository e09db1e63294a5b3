// BrokerClock: the clocks of the broker's machine. The wall clock can be set.
#pragma once

#include "tests/sim/world/world.h"

namespace forkmill::sim {

class BrokerClock {
 public:
  explicit BrokerClock(World& world) : world_{world} {}

  proto::Now now() const { return world_.both(skew_); }
  milliseconds skew() const { return skew_; }
  void set(milliseconds skew) {
    world_.trace.note(world_.now(), "broker", "has its clock set to " + std::to_string(skew.count()) + " ms off");
    skew_ = skew;
  }

 private:
  World& world_;
  milliseconds skew_{0};  // the wall clock is off by that
};

}  // namespace forkmill::sim
