// Takers: the workers that could run a task, and what keeps each from taking it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/operators/why/reason.h"
#include "broker/core/operators/why/serving.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Returns why the worker is granted no task, even if tasks wait in its queues: "is draining …". None: it takes tasks.
// `process`: of tasks with a process of their own.
std::optional<Finding> why_takes_none(const BrokerState& state, const Worker& worker, bool process);

// Returns that the worker has not been heard for longer than a heartbeat takes. None: it has.
std::optional<Finding> why_out_of_reach(const BrokerState& state, const Worker& worker);

// Returns that no worker that could run tasks of this type takes any now, with what keeps each of them. None: one of
// them takes tasks, or no worker could run these.
std::optional<Finding> why_all_busy(const BrokerState& state, const Serving& serving, const Queue& queue,
                                    TaskTypeId type);

// Returns that the broker grants nothing yet after its start. None: it does.
std::optional<Finding> why_restarting(const BrokerState& state);

// Returns that all workers of the queue wait for tasks of it themselves. None: they do not.
std::optional<Finding> why_nested(const BrokerState& state, const Serving& serving, const Queue& queue);

}  // namespace forkmill::broker
