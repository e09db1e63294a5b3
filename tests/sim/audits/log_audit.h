// LogAudit: checks the logs that a broker keeps: each shows what its attempt has printed, in order, and the positions
// tell what is missing; all together keep to the budget, and none is of a task that is forgotten.
#pragma once

#include <cstdint>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

class LogAudit {
 public:
  explicit LogAudit(History& history) : history_{history} {}

  // Call when the broker has finished a round. Throws Violation.
  void round(const broker::BrokerState& state);

 private:
  void check(const broker::Task& task, const broker::AttemptLog& log) const;

  History& history_;
  std::uint64_t rounds_ = 0;
};

}  // namespace forkmill::sim
