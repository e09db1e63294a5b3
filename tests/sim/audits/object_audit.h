// ObjectAudit: checks the broker's named objects after its rounds: a client that is gone holds nothing and waits for
// nothing, no client waits for an object that is free, and no unit of a semaphore appears or disappears.
#pragma once

#include "broker/core/core.h"
#include "tests/sim/objects/object_history.h"

namespace forkmill::sim {

class ObjectAudit {
 public:
  explicit ObjectAudit(const ObjectHistory& history) : history_{history} {}

  // Checks all objects; call after every round. Throws Violation.
  void round(const broker::Core& core) const;
  // Checks that no call waits for longer than it asked to; call after a tick of the broker. Throws Violation.
  static void waits(const broker::Core& core);
  // Checks that nothing is left that no client owns: no end of a pipe, no lock whose object is gone, no holding, waiter
  // or loan. Call when every client has left, and its session is over. Throws Violation.
  static void nothing_left(const broker::Core& core);
  // Checks that no object is held, but for the ends of pipes; call when every client has released what it held. Throws
  // Violation.
  static void nothing_held(const broker::Core& core);

 private:
  static void check_makers(const broker::Core& core);
  static void check_answers(const broker::Core& core);
  void check_semaphore(const broker::Object& object) const;

  const ObjectHistory& history_;
};

}  // namespace forkmill::sim
