// ConditionUser: works with a condition and its lock: acquires the lock, then waits or notifies, then releases the
// lock.
#pragma once

#include <optional>
#include <vector>

#include "tests/sim/users/object_caller.h"

namespace forkmill::sim {

class ConditionUser {
 public:
  explicit ConditionUser(ObjectCaller& caller) : caller_{caller} {}

  // Acquires the lock of `condition`, which the client has open.
  void use(std::size_t condition);
  // The lock was acquired. Waits for its condition or notifies, if the client has that open, and releases the lock.
  void acquired(const ObjectCall& acquire);
  // A wait has ended: releases the lock, which its holder has again.
  void woken(const ObjectCall& wait);

 private:
  std::optional<std::size_t> condition_of(std::size_t lock) const;
  void release_later(const ObjectCall& acquire, std::int64_t token);

  ObjectCaller& caller_;
  std::vector<ObjectCall> waited_with_;  // the acquires of the locks of all waits so far
};

}  // namespace forkmill::sim
