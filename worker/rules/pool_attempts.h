// PoolAttempts: the attempts that children of the pool run, one after the other. An attempt waits until a child has
// room for it, stands in that child's line, and ends with its result or with the child. An attempt that cannot start
// soon is handed back to the broker. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "worker/ipc/child_messages.h"
#include "worker/rules/attempt_outcomes.h"
#include "worker/rules/child_lines.h"
#include "worker/rules/estimates.h"
#include "worker/rules/pool_state.h"
#include "worker/rules/rings.h"

namespace forkmill::worker {

class PoolAttempts {
 public:
  PoolAttempts(PoolState& state, Rings& rings);

  // Call when the attempt was granted: waits for a child.
  void add(std::uint64_t serial) { waiting_.push_back(serial); }
  // Takes the attempt away from its child. Returns false if the child has started it.
  bool revoke(proto::Instant now, std::uint64_t serial);

  // Sets the number of children: those beyond it get no further attempts, and end when they have none.
  void scale(proto::Instant now, std::size_t children);

  void spawned(ChildKey child) { lines_.add_child(child); }
  void born(ChildKey child) { lines_.open(child); }
  void handle(proto::Instant now, ChildKey child, const ChildResult& result);
  void handle(const ChildDeath& death);

  // Does what is due: gives waiting attempts to children; when the worker drains, hands them all back.
  void tick(proto::Instant now);
  // Call when the children have been killed: hands back what has not started.
  void stop(proto::Instant now);
  proto::Instant next_wakeup() const;

  // How many attempts the pool may have in hand.
  std::size_t capacity(proto::Instant now) const { return lines_.capacity(now, estimates_.ahead()); }
  const ChildLines& lines() const { return lines_; }

 private:
  void assign_waiting(proto::Instant now);
  void begin_front(proto::Instant now, std::uint32_t slot);
  bool revoke_from_line(proto::Instant now, std::uint64_t serial, Attempt& attempt);
  // Attempts behind the front of that child's line wait again, for any child.
  void call_back(proto::Instant now, std::uint32_t slot);
  void hand_back_all(proto::Instant now);
  void hand_back_stale(proto::Instant now);
  void end_due(proto::Instant now);

  PoolState& state_;
  Rings& rings_;
  Estimates estimates_;
  ChildLines lines_;
  std::deque<std::uint64_t> waiting_;  // in no line, in order
  proto::Instant ticked_at_{0};
};

}  // namespace forkmill::worker
