// why_queue(), why_worker(): why the tasks of a queue wait, and why a worker gets no tasks. Pure.
#pragma once

#include <string_view>

#include "broker/core/operators/why/reason.h"
#include "broker/core/operators/why/serving.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// `name`: the queue's name as users gave it. Empty: the broker knows no such queue.
Findings why_queue(const BrokerState& state, const Serving& serving, std::string_view name);

// Returns at least one finding.
Findings why_worker(const BrokerState& state, const Serving& serving, const Worker& worker);

}  // namespace forkmill::broker
