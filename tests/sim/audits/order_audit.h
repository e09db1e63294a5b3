// The audit of the order of grants (invariant 9): among first attempts in one lane the order of arrival is kept, and no
// task is granted before one of a higher priority that the worker could run. A lane is a client's tasks of one type and
// priority in one queue.
#pragma once

#include <vector>

#include "broker/core/state/broker_state.h"

namespace forkmill::sim {

// Checks the grants of a round against the tasks that still wait after it. Throws Violation.
void check_order(const broker::BrokerState& state, const std::vector<broker::Send>& sends);

}  // namespace forkmill::sim
