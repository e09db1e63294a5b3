// Condition: a client that waits gives up the lock of the condition, and has it again when the wait is over, with or
// without a notification. A notification wakes clients that wait at that moment; notifications are not stored.
#pragma once

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Lock;

class Condition final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  bool may_overtake(const Call&) const override { return true; }
  std::optional<Answer> expire(Call& call) override;

 private:
  Lock* lock() const;
  std::optional<Answer> wait(Call& call);
  Answer notify(const Call& call);
};

}  // namespace forkmill::broker
