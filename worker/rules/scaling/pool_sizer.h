// PoolSizer: the number of children of a pool that follows its load. The pool grows when all of its children have been
// busy for a while and the broker has more for them, and shrinks by those that it did not need for longer. It asks the
// broker for some more tasks than it can run when it might grow: only the broker knows whether there are any that this
// worker may have. A child is idle between two tasks, until the broker has learned the result of the first and has sent
// the second: such a gap does not count. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "proto/clock.h"

namespace forkmill::worker {

// MemoryRoom: for how many further children there is memory.
struct MemoryRoom {
  std::size_t children = std::numeric_limits<std::size_t>::max();
};

class PoolSizer {
 public:
  static constexpr proto::Instant kGrowAfter = std::chrono::milliseconds{100};  // all children were busy, but for gaps
  static constexpr proto::Instant kLongestGap = std::chrono::milliseconds{20};  // never all children were busy
  static constexpr proto::Instant kShrinkAfter = std::chrono::seconds{10};      // never all children were busy

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
  void watch(proto::Instant now, const Load& load);
  bool may_grow(proto::Instant now) const;
  std::size_t largest_step() const;
  std::size_t set(std::size_t children);

  const Bounds bounds_;
  std::size_t children_;
  std::size_t room_ = MemoryRoom{}.children;
  proto::Instant decided_at_{0};
  proto::Instant busy_since_ = proto::kNever;   // all children, but for gaps; kNever: not all are
  proto::Instant spare_since_ = proto::kNever;  // since then never all of them; kNever: all are busy
  std::size_t most_needed_ = 0;                 // since then, busy or starting
};

// Returns how many children of that size, or of a usual one if it is larger, `free` bytes of memory are enough for.
std::size_t children_in(std::uint64_t free, std::uint64_t child);

}  // namespace forkmill::worker
