#include "worker/rules/scaling/spare_children.h"

#include <algorithm>
#include <utility>

namespace forkmill::worker {

using proto::Instant;
using proto::kNever;

void SpareChildren::watch(Instant now, std::size_t needed, bool all_busy) {
  if (counted_since_ == kNever) counted_since_ = watched_at_ = now;
  const Instant lasted = now - std::exchange(watched_at_, now);
  const std::size_t before = std::exchange(needed_, needed);
  needed_time_ += lasted * static_cast<Instant::rep>(before);
  if (lasted > Instant{0}) most_ = std::max(most_, before);
  if (all_busy) {
    spare_since_ = kNever;
    return;
  }
  if (spare_since_ == kNever) {
    spare_since_ = now;
    most_ = 0;
  }
  most_ = std::max(most_, needed);
}

void SpareChildren::restart(Instant now) {
  if (spare_since_ != kNever) spare_since_ = now;
  most_ = 0;
  counted_since_ = now;
  needed_time_ = Instant{0};
}

std::size_t SpareChildren::judge(Instant now, std::size_t children) {
  std::size_t needed = children;
  if (is_over(now, spare_since_)) {
    needed = most_;
    restart(now);
  } else if (is_over(now, counted_since_)) {
    const Instant time = (now - counted_since_) * static_cast<Instant::rep>(children);
    if (needed_time_ * kNeededParts <= time) needed -= children / 2;
    counted_since_ = now;
    needed_time_ = Instant{0};
  }
  return needed;
}

Instant SpareChildren::next_wakeup() const {
  const Instant since = std::min(spare_since_, counted_since_);
  return since == kNever ? kNever : since + kWhile;
}

}  // namespace forkmill::worker
