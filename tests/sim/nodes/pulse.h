// Pulse: wakes a process up for its rounds, later if the process is slow, and not while it stands still.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "tests/sim/world/alarm.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Pulse {
 public:
  // `slowness`: the longest time until the process wakes up for an event.
  Pulse(World& world, Instant slowness, std::function<void()> round)
      : world_{world}, slowness_{slowness}, round_{std::move(round)}, alarm_{world, [this] { ring(); }} {}

  // Wakes the process up when it can.
  void soon() { alarm_.set_earlier(soonest()); }
  // Wakes the process up at that time, but not in this moment again; kNever: not for that reason.
  void wake_at(Instant when) {
    if (when != proto::kNever) alarm_.set_earlier(next_moment(when));
  }
  // Does what wake_at() does, instead of at any time that was set before.
  void wake_only_at(Instant when) { alarm_.set(next_moment(when)); }
  void wake_only_soon() { alarm_.set(soonest()); }
  void wake_now() { alarm_.set_earlier(world_.now()); }

  // The process stands still until then.
  void stand_still(Instant until) {
    still_until_ = std::max(still_until_, until);
    alarm_.set(still_until_);
  }
  Instant still_until() const { return still_until_; }
  // Call when the process has ended.
  void stop() {
    still_until_ = {};
    alarm_.set(proto::kNever);
  }

 private:
  Instant soonest() { return std::max(world_.now() + world_.drag(slowness_), still_until_); }
  Instant next_moment(Instant when) const { return std::max(when, world_.now() + Instant{1}); }
  void ring() {
    if (world_.now() < still_until_) return alarm_.set(still_until_);
    round_();
  }

  World& world_;
  Instant slowness_;
  std::function<void()> round_;
  Alarm alarm_;
  Instant still_until_{0};
};

}  // namespace forkmill::sim
