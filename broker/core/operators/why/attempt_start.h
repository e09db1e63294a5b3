// The start of running attempts, for lists. Pure functions.
#pragma once

#include <optional>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Returns when the present attempt of `task` started, in unix time: as its worker last reported, or the time of its
// grant if the worker has a free child for each task that it holds. Null: the task does not run, or waits in its
// worker.
std::optional<milliseconds> attempt_start(const BrokerState& state, const Task& task);

}  // namespace forkmill::broker
