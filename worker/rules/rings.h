// Rings: the only question that the rules of a worker put to the world, and get an answer to at once. A task's record
// and a child's `current` word lie in memory that link and child share; who comes first is decided there by one
// compare-and-swap, and the rules go on by its result. Everything else that they want done leaves as Effects.
#pragma once

#include <cstdint>

#include "worker/ipc/control_records.h"

namespace forkmill::worker {

class Rings {
 public:
  virtual ~Rings() = default;
  // Takes the attempt out of the child's ring. True: the child has not started it and never will.
  virtual bool revoke(ChildKey child, std::uint64_t serial) = 0;
  // Marks the attempt as one that is ended by a signal. True: the child runs it now, and will start no other.
  virtual bool condemn(ChildKey child, std::uint64_t serial) = 0;
};

}  // namespace forkmill::worker
