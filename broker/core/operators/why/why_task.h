// why_task(): why a task is in the state in which it is, from the rules of the broker. Pure.
#pragma once

#include <vector>

#include "broker/core/operators/why/reason.h"
#include "broker/core/operators/why/serving.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Returns at least one finding; the first one tells what the task waits for, or how it ended.
// `waits_for_object`: its process waits for a named object.
Findings why_task(const BrokerState& state, const Serving& serving, const Task& task, bool waits_for_object);

// Returns how the attempts of the task have ended, as far as that is known, the earliest first.
std::vector<AttemptEnd> ended_attempts(const BrokerState& state, const Task& task);

}  // namespace forkmill::broker
