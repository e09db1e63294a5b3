// Holdings: what a client has of named objects beside its handles. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "client/engine/holdings/lock_holding.h"
#include "client/engine/holdings/received_loans.h"
#include "client/engine/holdings/semaphore_units.h"
#include "client/engine/holdings/undelivered_items.h"

namespace forkmill::client {

class Holdings {
 public:
  // owner: the instance under which the broker knows this client in all of its sessions.
  Holdings(std::uint64_t owner, std::shared_ptr<ReceivedLoans> received_loans)
      : owner_{owner}, received_loans_{std::move(received_loans)} {}

  std::uint64_t owner() const { return owner_; }
  LockHoldings& locks() { return locks_; }
  SemaphoreUnits& units() { return units_; }
  UndeliveredItems& undelivered_items() { return undelivered_items_; }
  ReceivedLoans& received_loans() { return *received_loans_; }

  // Call when the broker of the shard may have given to others what this client held. Locks of its objects that were
  // acquired before may be lost.
  void count_loss(std::uint32_t shard) { losses_.count(shard); }

 private:
  const std::uint64_t owner_;
  Losses losses_;
  LockHoldings locks_{losses_};
  SemaphoreUnits units_;
  UndeliveredItems undelivered_items_;
  const std::shared_ptr<ReceivedLoans> received_loans_;  // kept by values that may outlive the client
};

}  // namespace forkmill::client
