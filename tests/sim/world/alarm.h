// Alarm: calls a function at the time to which it is set. Setting it again moves the call; the end of the alarm drops
// it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Alarm {
 public:
  Alarm(World& world, std::function<void()> ring)
      : world_{world}, state_{std::make_shared<State>(State{std::move(ring), proto::kNever})} {}
  ~Alarm() { state_->due = proto::kNever; }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Instant when) {
    if (when == state_->due) return;
    state_->due = when;
    if (when == proto::kNever) return;
    world_.at(when, [state = state_, when] {
      if (state->due != when) return;
      state->due = proto::kNever;
      state->ring();
    });
  }
  void set_earlier(Instant when) {
    if (when < state_->due) set(when);
  }

 private:
  struct State {
    std::function<void()> ring;
    Instant due;
  };
  World& world_;
  std::shared_ptr<State> state_;
};

}  // namespace forkmill::sim
