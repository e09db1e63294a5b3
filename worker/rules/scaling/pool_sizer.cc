#include "worker/rules/scaling/pool_sizer.h"

#include <algorithm>

namespace forkmill::worker {

using proto::Instant;
using proto::kNever;

std::size_t PoolSizer::decide(Instant now, const Load& load) {
  decided_at_ = now;
  watch(now, load);
  if (may_grow(now) && load.waiting > 0) {
    const std::size_t step = std::min(load.waiting, largest_step());
    room_ -= step;  // until the memory is measured again
    return set(children_ + step);
  }
  if (spare_since_ == kNever || now < spare_since_ + kShrinkAfter) return children_;
  return set(std::max(most_needed_, bounds_.least));
}

void PoolSizer::watch(Instant now, const Load& load) {
  if (spare_since_ != kNever && now >= spare_since_ + kLongestGap) busy_since_ = kNever;
  if (load.busy >= children_) {
    if (busy_since_ == kNever) busy_since_ = now;
    spare_since_ = kNever;
    return;
  }
  if (spare_since_ == kNever) {
    spare_since_ = now;
    most_needed_ = 0;
  }
  // A child that starts slowly would otherwise be taken away before its first task, and be asked for again.
  most_needed_ = std::max(most_needed_, std::min(load.busy + load.starting, children_));
}

bool PoolSizer::may_grow(Instant now) const {
  return busy_since_ != kNever && now >= busy_since_ + kGrowAfter && largest_step() > 0;
}

// Twice as many at most: what the new children do shows whether further ones are needed.
std::size_t PoolSizer::largest_step() const { return std::min({children_, bounds_.most - children_, room_}); }

std::size_t PoolSizer::set(std::size_t children) {
  busy_since_ = kNever;
  spare_since_ = kNever;
  return children_ = children;
}

Instant PoolSizer::next_wakeup() const {
  Instant next = kNever;
  if (busy_since_ != kNever && largest_step() > 0 && decided_at_ < busy_since_ + kGrowAfter)
    next = busy_since_ + kGrowAfter;
  if (spare_since_ != kNever && busy_since_ != kNever) next = std::min(next, spare_since_ + kLongestGap);
  if (spare_since_ != kNever && children_ > bounds_.least) next = std::min(next, spare_since_ + kShrinkAfter);
  return next;
}

std::size_t children_in(std::uint64_t free, std::uint64_t child) {
  constexpr std::uint64_t kUsual = std::uint64_t{16} * 1024 * 1024;
  return static_cast<std::size_t>(free / std::max(child, kUsual));
}

}  // namespace forkmill::worker
