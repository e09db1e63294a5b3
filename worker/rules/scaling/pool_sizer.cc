#include "worker/rules/scaling/pool_sizer.h"

#include <algorithm>

namespace forkmill::worker {

using proto::Instant;

std::size_t PoolSizer::decide(Instant now, const Load& load) {
  stretch_.watch(now, load.busy, children_);
  // A child that starts slowly would otherwise be taken away before its first task, and be asked for again.
  const std::size_t needed = std::min(load.busy + load.starting, children_);
  spare_.watch(now, needed, load.busy >= children_);
  if (stretch_.is_long(now)) spare_.restart(now);
  if (may_grow(now) && load.waiting > 0) {
    const std::size_t step = std::min(load.waiting, largest_step());
    room_ -= step;  // until the memory is measured again
    return set(now, children_ + step);
  }
  const std::size_t enough = std::max(spare_.judge(now, children_), bounds_.least);
  return enough == children_ ? children_ : set(now, enough);
}

bool PoolSizer::may_grow(Instant now) const { return stretch_.is_long(now) && largest_step() > 0; }

// Twice as many at most: what the new children do shows whether further ones are needed.
std::size_t PoolSizer::largest_step() const { return std::min({children_, bounds_.most - children_, room_}); }

std::size_t PoolSizer::set(Instant now, std::size_t children) {
  stretch_.end();
  spare_.restart(now);
  return children_ = children;
}

Instant PoolSizer::next_wakeup() const {
  Instant next = stretch_.next_end();
  if (largest_step() > 0) next = std::min(next, stretch_.next_long());
  if (children_ > bounds_.least) next = std::min(next, spare_.next_wakeup());
  return next;
}

std::size_t children_that_fit(std::uint64_t free, std::uint64_t child) {
  constexpr std::uint64_t kUsual = std::uint64_t{16} * 1024 * 1024;
  return static_cast<std::size_t>(free / std::max(child, kUsual));
}

}  // namespace forkmill::worker
