// Residency: which tasks are in memory, and which wait on disk alone. Submissions, TaskGrants, Cancels, Retention and
// Paging move tasks by these functions.
#pragma once

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Adds the task at the end of its lane, which may be on disk: the task must not be touched afterwards.
void add_to_lane(BrokerState& state, Task& task);
void remove_from_lane(BrokerState& state, Task& task);
// Removes a durable task from memory; it stays on disk. The task must be ready and in the paged-out part of its lane,
// or scheduled, or finished and on no shelf.
void put_away(BrokerState& state, Task& task);
// Notes when a task is due for its first attempt that waits on disk.
void plan_paged_out(BrokerState& state, proto::TaskSeq seq, const proto::TaskOptions& options, Instant arrived);
// Lists the client among those for which further results are fetched, if there are some that it attaches, and it has
// been sent those that were due before (Client::Attaching). Does nothing while a message of the client is parked.
void attach_more(BrokerState& state, Client& client);
// Forgets the tasks that the client attaches and that are still to be fetched.
void give_up_attaching(BrokerState& state, Client& client);

}  // namespace forkmill::broker
