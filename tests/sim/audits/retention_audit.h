// RetentionAudit: of results that were fetched and of dead letters the broker keeps no more than it may, and of the
// former not fewer.
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

  // A broker has started. It does not know what had been fetched.
  void begin() {
    fetched_.clear();
    looked_ = world_.now();
  }
  // After every round. Throws Violation.
  void round(const broker::BrokerState& state);

 private:
  const World& world_;
  std::uint64_t rounds_ = 0;
  Instant looked_{0};
  std::unordered_map<TaskId, Instant> fetched_;  // what is kept, and since when at the earliest
};

}  // namespace forkmill::sim
