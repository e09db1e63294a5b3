// SpareChildren: how many children of a pool were needed lately. Those are spare that had no task in any moment of a
// while, and also half of the pool if all children had tasks now and then, but in a small part of the time. Pure.
#pragma once

#include <chrono>
#include <cstddef>

#include "proto/clock.h"

namespace forkmill::worker {

class SpareChildren {
 public:
  // Children that were not needed for that long are spare.
  static constexpr proto::Instant kWhile = std::chrono::seconds{10};
  // Half of the children are spare if all of them together were needed for a fifth of that time at most.
  static constexpr int kNeededParts = 5;

  // From now on that many of the children are needed. `all_busy`: each has a task.
  void watch(proto::Instant now, std::size_t needed, bool all_busy);
  // Forgets what was needed until now: all children were, or their number has changed.
  void restart(proto::Instant now);
  // Returns how many of the pool's children were needed if a while is over, and begins the next; otherwise all of them.
  std::size_t judge(proto::Instant now, std::size_t children);
  // When a while is over. kNever: none has begun.
  proto::Instant next_wakeup() const;

 private:
  static bool is_over(proto::Instant now, proto::Instant since) {
    return since != proto::kNever && now >= since + kWhile;
  }

  proto::Instant spare_since_ = proto::kNever;  // since then never all were busy; kNever: all are
  std::size_t most_ = 0;                        // since then, needed at the same time
  proto::Instant counted_since_ = proto::kNever;
  proto::Instant needed_time_{0};  // since then, of all children together
  std::size_t needed_ = 0;         // since watched_at_
  proto::Instant watched_at_{0};
};

}  // namespace forkmill::worker
