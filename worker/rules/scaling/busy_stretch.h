// BusyStretch: the time since when all children of a pool have been busy, but for gaps. A child is idle between two
// tasks, until the broker has learned the result of the first and has sent the second: such a gap does not end the
// stretch, unless it is long, or the children are idle for too much of the time. Pure.
#pragma once

#include <chrono>
#include <cstddef>

#include "proto/clock.h"

namespace forkmill::worker {

class BusyStretch {
 public:
  // A stretch is long from then on.
  static constexpr proto::Instant kLong = std::chrono::milliseconds{100};
  // A time in which never all children are busy ends the stretch when it is that long.
  static constexpr proto::Instant kLongestGap = std::chrono::milliseconds{20};
  // A long stretch ends when the children, all together, were idle for more than a fifth of its time.
  static constexpr int kIdleParts = 5;

  // From now on that many of the children are busy. REQUIRES: between two calls of end(), `children` is the same.
  void watch(proto::Instant now, std::size_t busy, std::size_t children);
  void end() { since_ = proto::kNever; }

  bool is_long(proto::Instant now) const { return since_ != proto::kNever && now >= since_ + kLong; }
  // When the stretch that lasts is long; kNever: it is already, or none lasts.
  proto::Instant next_long() const;
  // When the gap that lasts ends the stretch; kNever: there is no gap, or no stretch.
  proto::Instant next_end() const;

 private:
  bool is_over(proto::Instant now, std::size_t children) const;
  void forget_old(proto::Instant now);

  proto::Instant since_ = proto::kNever;      // kNever: no stretch lasts
  proto::Instant gap_since_ = proto::kNever;  // kNever: all are busy
  proto::Instant idle_time_{0};               // since then, of all children together
  std::size_t idle_ = 0;                      // children, since watched_at_
  proto::Instant watched_at_{0};
};

}  // namespace forkmill::worker
