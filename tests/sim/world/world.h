// World: time, chance and the list of coming events. Everything in a simulation happens by an event of this list, in
// order of time and then of being put there.
#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "tests/sim/world/options.h"
#include "tests/sim/world/random.h"
#include "tests/sim/world/trace.h"

namespace forkmill::sim {

class World {
 public:
  World(const Options& its_options, bool verbose)
      : options{its_options}, random{its_options.seed + its_options.noise * kApart}, trace{verbose} {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void at(Instant when, std::function<void()> what) { events_.push({std::max(when, now_), ++count_, std::move(what)}); }
  void after(Instant pause, std::function<void()> what) { at(now_ + pause, std::move(what)); }

  // Runs the next event if it is due by `end`. False: none was.
  bool step(Instant end) {
    if (events_.empty() || events_.top().when > end) return false;
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ = event.when;
    event.what();
    return true;
  }

  static constexpr Instant kBegin = std::chrono::hours{1};
  Instant now() const { return now_; }
  // The time now; its second half is that of a wall clock that is `skew` off.
  proto::Now both(milliseconds skew = {}) const {
    return {now_, milliseconds{1'700'000'000'000} + std::chrono::duration_cast<milliseconds>(now_) + skew};
  }
  std::uint64_t events() const { return count_; }
  // Draws the delay of a node that is slow by up to `most`; none once nothing goes wrong any more.
  Instant drag(Instant most) { return calm || most == Instant{0} ? Instant{0} : random.between(Instant{0}, most); }

  const Options options;
  bool calm = false;  // nothing goes wrong any more
  Random random;
  Trace trace;

 private:
  struct Event {
    Instant when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const { return when != other.when ? other.when < when : other.order < order; }
  };
  static constexpr std::uint64_t kApart = 0x51AFD7ED558CCD6DULL;
  std::priority_queue<Event> events_;
  std::uint64_t count_ = 0;
  Instant now_ = kBegin;
};

// A node that wakes up this often in a row and has nothing to do spins.
constexpr std::size_t kMaxIdleRings = 10'000;

// Alarm: calls a function at the time it is set to. Setting it again moves the call; an alarm that is gone calls
// nothing.
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
