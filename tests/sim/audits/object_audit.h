// ObjectAudit: the broker's named objects looked through after its rounds: nobody who is gone holds anything or waits,
// nobody waits for what is free, and no unit of a semaphore comes from nowhere or goes there.
#pragma once

#include "broker/core/core.h"
#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

class ObjectAudit {
 public:
  explicit ObjectAudit(const ObjectHistory& history) : history_{history} {}

  // After every round. Throws Violation.
  void round(const broker::Core& core) const;
  // When the broker has looked at its clock: nobody waits for longer than he wanted to.
  static void waits(const broker::Core& core);
  // When everybody has given back what he had.
  static void nothing_held(const broker::Core& core);

 private:
  void check_semaphore(const broker::Object& object) const;

  const ObjectHistory& history_;
};

}  // namespace forkmill::sim
