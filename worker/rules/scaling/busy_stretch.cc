#include "worker/rules/scaling/busy_stretch.h"

#include <algorithm>

namespace forkmill::worker {

using proto::Instant;
using proto::kNever;

void BusyStretch::watch(Instant now, std::size_t busy, std::size_t children) {
  if (since_ != kNever) {
    idle_time_ += (now - watched_at_) * static_cast<Instant::rep>(idle_);
    if (is_over(now, children)) end();
  }
  idle_ = children - std::min(busy, children);
  watched_at_ = now;
  if (idle_ != 0) {
    if (gap_since_ == kNever) gap_since_ = now;
  } else {
    gap_since_ = kNever;
    if (since_ == kNever) {
      since_ = now;
      idle_time_ = Instant{0};
    }
  }
  if (since_ != kNever) forget_old(now);
}

bool BusyStretch::is_over(Instant now, std::size_t children) const {
  if (gap_since_ != kNever && now >= gap_since_ + kLongestGap) return true;
  return is_long(now) && idle_time_ * kIdleParts > (now - since_) * static_cast<Instant::rep>(children);
}

// Hours of work would otherwise hide for many minutes that the children have little to do any more.
void BusyStretch::forget_old(Instant now) {
  const Instant lasted = now - since_;
  if (lasted <= 2 * kLong) return;
  idle_time_ = idle_time_ * kLong.count() / lasted.count();
  since_ = now - kLong;
}

Instant BusyStretch::next_long() const { return since_ == kNever || is_long(watched_at_) ? kNever : since_ + kLong; }

Instant BusyStretch::next_end() const {
  return since_ == kNever || gap_since_ == kNever ? kNever : gap_since_ + kLongestGap;
}

}  // namespace forkmill::worker
