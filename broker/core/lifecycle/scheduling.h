// Scheduling: the times of tasks that wait. A task becomes ready at its start time (`delay`, `not_before`, the pause
// before its next attempt), and ends if it expires before its first attempt.
#pragma once

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Queues a task that was accepted, if `due` has come, or else schedules it.
void schedule_task(BrokerState& state, Task& task, Instant due);

// Advances a task of which a time has come: queues it at its start time, ends it if it has expired.
void advance_task(BrokerState& state, TaskGrants& grants, Task& task);

// Gives tasks that wait for a time of the wall clock (`not_before`) another start time. Call when that clock was set.
void follow_wall_clock(BrokerState& state);

}  // namespace forkmill::broker
