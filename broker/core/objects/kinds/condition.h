// Condition: waits for a notification with its lock given up, and has the lock again when the wait is over, however it
// ended. A notification is for those who wait at that moment; none is stored.
#pragma once

#include "broker/core/objects/kinds/object.h"

namespace forkmill::broker {

class Lock;

class Condition final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  bool may_overtake(const Call&) const override { return true; }
  std::optional<Answer> give_up(Call& call) override;

 private:
  Lock* lock() const;
  std::optional<Answer> wait(Call& call);
  Answer notify(const Call& call);
};

}  // namespace forkmill::broker
