// WorkerSetup: what the nodes of workers share: how the words of children reach the rules, and the configuration of a
// simulated worker, drawn from the options: which queues and kinds of tasks it serves, with how
// many children. Worker 0 serves all of them, so that every task finds a worker.
#pragma once

#include <cstddef>
#include <string>

#include "proto/wire/messages.h"
#include "tests/sim/nodes/child_work.h"
#include "tests/sim/world/world.h"
#include "worker/rules/foreman.h"

namespace forkmill::sim {

worker::ForemanConfig draw_worker(World& world, std::size_t number, const std::string& name);
// The HELLO of a life of the worker; draws the queues that it serves.
proto::Hello draw_hello(World& world, std::size_t number, const worker::ForemanConfig& config, std::uint64_t instance);

// Tells the foreman what a child says.
void pass_on(worker::Foreman& foreman, Instant now, worker::ChildKey child, const ChildWork::Said& said);

}  // namespace forkmill::sim
