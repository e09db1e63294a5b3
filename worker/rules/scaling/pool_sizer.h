// PoolSizer: the number of children of a pool that follows its load. The pool grows when all of its children have been
// busy for a while (BusyStretch) and the broker has more for them, and shrinks by those that it did not need for longer
// (SpareChildren). It asks the broker for some more tasks than it can run when it might grow: only the broker knows
// whether there are any that this worker may have. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "proto/clock.h"
#include "worker/rules/scaling/busy_stretch.h"
#include "worker/rules/scaling/spare_children.h"

namespace forkmill::worker {

// MemoryRoom: for how many further children there is memory.
struct MemoryRoom {
  std::size_t children = std::numeric_limits<std::size_t>::max();
};

class PoolSizer {
 public:
  static constexpr proto::Instant kGrowAfter = BusyStretch::kLong;       // all children were busy, but for gaps
  static constexpr proto::Instant kShrinkAfter = SpareChildren::kWhile;  // some children were not needed

  struct Bounds {
    std::size_t least = 1;
    std::size_t most = 1;
  };
  struct Load {
    std::size_t busy = 0;      // children, of those that the pool should have, that have a task
    std::size_t waiting = 0;   // tasks in hand that no child runs
    std::size_t starting = 0;  // children that the pool should have, and that cannot have a task yet
  };

  // The pool begins with the fewest children. REQUIRES: 1 <= least <= most.
  explicit PoolSizer(Bounds bounds) : bounds_{bounds}, children_{bounds.least} {}

  void set_room(const MemoryRoom& room) { room_ = room.children; }

  // Returns the number of children that the pool should have from now on. Children that a lower number takes away end
  // when they have nothing to do.
  std::size_t decide(proto::Instant now, const Load& load);
  // Returns how many tasks beyond those that it can run the pool asks the broker for.
  std::size_t probe(proto::Instant now) const { return may_grow(now) ? largest_step() : 0; }
  // When decide() must be called again at the latest.
  proto::Instant next_wakeup() const;

  std::size_t children() const { return children_; }

 private:
  bool may_grow(proto::Instant now) const;
  std::size_t largest_step() const;
  std::size_t set(proto::Instant now, std::size_t children);

  const Bounds bounds_;
  std::size_t children_;
  std::size_t room_ = MemoryRoom{}.children;
  BusyStretch stretch_;
  SpareChildren spare_;
};

// Returns how many children of that size, or of a usual one if it is larger, `free` bytes of memory are enough for.
std::size_t children_that_fit(std::uint64_t free, std::uint64_t child);

}  // namespace forkmill::worker
