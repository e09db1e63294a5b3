// why_held_back(): what operators have set that keeps ready tasks from workers that could run them. Pure.
#pragma once

#include <optional>
#include <string>

#include "broker/core/operators/why/reason.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Returns that operators hold tasks of this name in the queue back: the queue or the name is paused, or as many tasks
// of the queue run as may, with the workers that have them. None: they do not.
std::optional<Finding> why_held_back(const BrokerState& state, const Queue& queue, const std::string& task);

}  // namespace forkmill::broker
