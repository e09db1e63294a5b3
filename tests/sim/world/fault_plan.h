// FaultPlan: when something goes wrong in a simulation, and for how long. Its chances are its own, and are drawn again
// for each fault: leaving one out (Options::no_faults) changes nothing about the others.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>

#include "tests/sim/world/world.h"

namespace forkmill::sim {

class FaultPlan {
 public:
  explicit FaultPlan(World& world) : world_{world} {}

  // Plans faults until `end`.
  void begin(Instant end) { end_ = end; }
  // Does `what` at random, independent times: a Poisson process.
  void keep_doing(double per_minute, std::function<void()> what) {
    if (per_minute > 0) next_of(per_minute, std::move(what));
  }
  // Draws the length of an outage: from a hiccup to three times the session time-out.
  Instant outage() {
    const double timeout = static_cast<double>(Instant{world_.options.core.session_timeout}.count());
    const double unit = random.unit();
    return Instant{static_cast<std::int64_t>(3 * timeout * unit * unit)};
  }
  // The number of faults, including those that were left out.
  std::uint64_t count() const { return count_; }

  Random random{0};  // for the fault under way

 private:
  void next_of(double per_minute, std::function<void()> what) {
    const double minutes = -std::log(1 - times_.unit()) / per_minute;
    const Instant when = world_.now() + Instant{static_cast<std::int64_t>(minutes * 60e6)};
    if (when >= end_) return;
    world_.at(when, [this, per_minute, what = std::move(what)] {
      const std::uint64_t number = ++count_;
      random = Random{world_.options.seed + number * 0x9E3779B97F4A7C15ULL};
      if (!world_.options.no_faults.contains(number)) what();
      next_of(per_minute, what);
    });
  }

  World& world_;
  Instant end_{0};
  Random times_{world_.options.seed ^ 0xFA017};
  std::uint64_t count_ = 0;
};

}  // namespace forkmill::sim
