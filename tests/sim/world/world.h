// World: time, chance and the list of events. Nothing in a simulation happens but by an event of this list, in the
// order of their times and then of their addition.
#pragma once

#include <functional>
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

  // Runs the next event if it is due by `end`. Returns false if there was none.
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
  // The steady time, and the time of a wall clock that is off by `skew`.
  proto::Now both(milliseconds skew = {}) const {
    return {now_, milliseconds{1'700'000'000'000} + std::chrono::duration_cast<milliseconds>(now_) + skew};
  }
  std::uint64_t events() const { return count_; }
  // Draws how long a node takes that is up to `most` slow.
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

}  // namespace forkmill::sim
