// The talk between a simulated link and the children of its worker: from the rules of the worker
// (worker/rules/foreman.h) to the children (child_pool.h), and back.
#pragma once

#include "tests/sim/nodes/child_pool.h"
#include "worker/rules/foreman.h"

namespace forkmill::sim {

// Tells the foreman what a child has said and printed. Returns whether it was anything.
bool read_child(worker::Foreman& foreman, Child& child, Instant now);
// Tells the foreman of children that have died, with their last words. Returns whether there were words.
bool bury_children(worker::Foreman& foreman, ChildPool& pool, Instant now);
// Gives children the tasks that the foreman has assigned, under the numbers that brokers have given to them, and tells
// them which tasks are to stop.
void give_tasks(const worker::Effects& effects, const worker::Foreman& foreman, ChildPool& pool);
void send_signals(const worker::Effects& effects, ChildPool& pool);

}  // namespace forkmill::sim
