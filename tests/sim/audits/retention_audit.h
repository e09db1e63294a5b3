// RetentionAudit: checks that the broker keeps no more fetched results and dead letters than it may, and that it
// forgets a fetched result only when its time is over or there are too many.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class RetentionAudit {
 public:
  explicit RetentionAudit(const World& world) : world_{world} {}

  // Call when a broker has started. The broker does not know which results had been fetched.
  void begin() {
    fetched_.clear();
    looked_ = world_.now();
  }
  // Checks the state; call after every round. Throws Violation.
  void round(const broker::BrokerState& state);

 private:
  const World& world_;
  std::uint64_t rounds_ = 0;
  Instant looked_{0};
  std::unordered_map<TaskId, Instant> fetched_;  // kept results, and since when at the earliest
};

}  // namespace forkmill::sim
