// ChunkSizer: how many items the next chunk of a call has, by what the run time of those before was: a chunk shall run
// for a few milliseconds, and towards the end no process shall wait long for another one. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace forkmill::detail {

class ChunkSizer {
 public:
  using Time = std::chrono::duration<double, std::micro>;
  // The run time of a chunk: the one to aim at, and the one below which smaller chunks do not pay.
  struct Aim {
    Time target;
    Time least;
  };

  // cost: run time of one item, as far as it is known; 0: not at all.
  explicit ChunkSizer(Aim aim, Time cost = Time{0}) : aim_{aim}, cost_{cost} {}

  Time cost() const { return cost_; }

  // The size of the next chunk, at least 1, if `left` items have not been sent. 1 before anything was measured.
  std::size_t next(std::size_t left, std::size_t processes) const {
    if (cost_ == Time{0}) return 1;
    const auto most = std::min(items_in(aim_.target), limit_);
    const auto least = std::min(items_in(aim_.least), most);
    return std::clamp(left / (processes * 2), least, most);
  }

  // Call when a process has run `ran` of the `sent` items of a chunk in this time, and given back the others.
  void measured(std::size_t ran, std::size_t sent, std::chrono::microseconds run_time) {
    const auto cost = std::max(Time{run_time}, kPrecision) / static_cast<double>(ran);
    cost_ = cost > cost_ ? cost : cost_ / 4 + cost * 0.75;  // one long item counts at once, and is forgotten soon
    // A chunk ends early for large results as well, which the clock does not show.
    if (ran < sent)
      limit_ = ran;
    else if (ran >= limit_ / 2)
      limit_ = limit_ > kMaxItems / 2 ? kMaxItems : limit_ * 2;
  }

 private:
  static constexpr std::size_t kMaxItems = 1 << 20;
  static constexpr Time kPrecision{0.5};

  std::size_t items_in(Time time) const {
    return static_cast<std::size_t>(std::clamp(time / cost_, 1.0, static_cast<double>(kMaxItems)));
  }

  const Aim aim_;
  Time cost_;  // run time of one item; 0: not known
  std::size_t limit_ = kMaxItems;
};

}  // namespace forkmill::detail
