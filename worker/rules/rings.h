// Rings: the only port of a worker's rules that answers them at once. A task's record and a child's `current` word lie
// in memory that link and child share. One compare-and-swap decides there which of the two comes first, and the rules
// go on by its result. Everything else that the rules ask for leaves them as Effects.
#pragma once

#include <cstdint>

#include "worker/ipc/control_records.h"

namespace forkmill::worker {

class Rings {
 public:
  virtual ~Rings() = default;
  // Takes the attempt out of the child's ring. Returns true if the child has not started it; then it never will.
  virtual bool revoke(ChildKey child, std::uint64_t serial) = 0;
  // Marks the attempt as one that is ended by a signal. Returns true if the child runs it now; it will start no other.
  virtual bool condemn(ChildKey child, std::uint64_t serial) = 0;
};

}  // namespace forkmill::worker
