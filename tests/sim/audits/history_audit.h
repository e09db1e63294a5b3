// HistoryAudit: checks that each task that ends is noted for the history of finished tasks once, as it ended.
#pragma once

#include <cstdint>
#include <string>

#include "broker/core/state/broker_state.h"
#include "tests/sim/audits/require.h"

namespace forkmill::sim {

class HistoryAudit {
 public:
  // Call when a broker has started: it counts from 0.
  void begin() { ended_ = 0; }

  // Checks what a round has noted. Throws Violation.
  void round(const broker::BrokerState& state, const broker::Effects& effects) {
    const broker::Totals& totals = state.totals;
    const std::uint64_t ended = totals.succeeded + totals.failed + totals.cancelled + totals.expired;
    const std::uint64_t fresh = ended - ended_;
    ended_ = ended;
    if (!state.options.history) return;
    require(effects.finished.size() == fresh, "history", [&] {
      return std::to_string(fresh) + " tasks ended in a round, and " + std::to_string(effects.finished.size()) +
             " were noted for the history";
    });
    for (const broker::FinishedTask& task : effects.finished) {
      const bool has_reason = task.outcome.kind == proto::OutcomeKind::succeeded || task.outcome.error;
      require(has_reason, "history", [&] { return task.id.to_string() + " is noted without its error"; });
      require(task.outcome.value.empty(), "history", [&] { return task.id.to_string() + " is noted with its result"; });
    }
  }

 private:
  std::uint64_t ended_ = 0;
};

}  // namespace forkmill::sim
