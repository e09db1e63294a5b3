// EventAudit: checks the events of tasks that a broker keeps (invariant 17): each step of a task is an event, once and
// in order, so that the events of a task always lead to the state that it has.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "broker/core/state/broker_state.h"

namespace forkmill::sim {

// Returns the state of a task after an event of this kind. None: the event is not possible in that state.
std::optional<broker::State> state_after(broker::State before, broker::TaskEventKind kind, broker::State told);

// Each function throws Violation.
class EventAudit {
 public:
  // Call when a broker has recovered.
  void begin() { *this = {}; }
  // Call when the broker has finished a round.
  void round(const broker::BrokerState& state);

 private:
  void follow(const broker::TaskEvent& event);

  std::uint64_t seen_ = 0;                                      // the position behind the last event that was looked at
  std::unordered_map<proto::TaskSeq, broker::State> states_{};  // the tasks whose events are known
};

}  // namespace forkmill::sim
