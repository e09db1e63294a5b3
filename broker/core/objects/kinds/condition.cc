#include "broker/core/objects/kinds/condition.h"

#include "broker/core/objects/kinds/lock.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Verb;

std::optional<Answer> Condition::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::wait:
      return wait(call);
    case Verb::notify:
      return notify(call);
    case Verb::look:
      return done(std::ssize(lines[0]));
    default:
      return wrong_verb();
  }
}

Lock* Condition::lock() const { return dynamic_cast<Lock*>(host.find(ObjectId{spec().other})); }

std::optional<Answer> Condition::wait(Call& call) {
  Lock* lock = this->lock();
  if (lock == nullptr) return failed(Errc::object_unknown, "the lock of this condition was removed");
  if (call.count > 0) return std::nullopt;  // the call waits already
  if (!lock->held_by(call.holder()))
    return failed(Errc::not_held, "the lock of a condition must be held to wait for it");
  call.count = lock->release_all();
  return std::nullopt;
}

Answer Condition::notify(const Call& call) {
  Lock* lock = this->lock();
  if (lock == nullptr) return failed(Errc::object_unknown, "the lock of this condition was removed");
  if (!lock->held_by(call.holder())) return failed(Errc::not_held, "the lock of a condition must be held to notify");
  std::int64_t woken = 0;
  for (; woken < waiters_to_wake(call.op) && !lines[0].empty(); ++woken) {
    Call& waiter = *lines[0].front();
    waiter.step = 1;
    host.move(waiter, *lock, 0);
  }
  dirty = dirty || woken > 0;  // woken waiters are stored, so the answer must be stored as well
  return done(woken);
}

// A wait that ends without a notification must still get the lock back.
std::optional<Answer> Condition::expire(Call& call) {
  Lock* lock = this->lock();
  if (lock == nullptr) return failed(Errc::object_unknown, "the lock of this condition was removed");
  host.move(call, *lock, 0);
  return std::nullopt;
}

}  // namespace forkmill::broker
