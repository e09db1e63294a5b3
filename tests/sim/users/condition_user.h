// ConditionUser: works with a condition and its lock: acquires the lock, then waits or notifies, then releases the
// lock.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "client/engine/holdings/lock_holding.h"
#include "tests/sim/users/object_caller.h"

namespace forkmill::sim {

class ConditionUser {
 public:
  explicit ConditionUser(ObjectCaller& caller) : caller_{caller} {}

  // Call when a life of the client begins.
  void start() { accounts_.emplace(); }
  void holdings_lost() {
    if (accounts_) accounts_->losses.count(1);
  }

  // Acquires the lock of `condition`, which the client has open.
  void use(std::size_t condition);
  // The lock was acquired. Waits for its condition or notifies, if the client has that open, and releases the lock.
  void acquired(const ObjectCall& acquire);
  // A wait has ended: releases the lock, which its holder has again.
  void woken(const ObjectCall& wait);

 private:
  std::optional<std::size_t> condition_of(std::size_t lock) const;
  void release_later(const ObjectCall& acquire);

  // How the client holds locks, as client/objects keeps it. Each lock has two handles here: one of its own, and that of
  // its condition.
  struct Accounts {
    struct Handles {
      std::shared_ptr<client::LockHolding> own;
      std::shared_ptr<client::LockHolding> of_condition;
    };
    Accounts() : all{losses} {}
    Handles& of(std::uint64_t lock);

    client::Losses losses;
    client::LockHoldings all;
    std::map<std::uint64_t, Handles> handles;
  };
  // A wait: the acquire of its lock, and what was held at its begin.
  struct Wait {
    ObjectCall acquire;
    client::LockHolding::Held held;
  };

  ObjectCaller& caller_;
  std::vector<Wait> waits_;           // all waits so far
  std::optional<Accounts> accounts_;  // from the begin of this life
};

}  // namespace forkmill::sim
