// Tasks that every worker has, for the pools of clients (proto/pool_tasks.h).
#pragma once

#include <forkmill/worker_options.h>

#include <functional>
#include <vector>

#include "proto/pool_tasks.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

// Adds the tasks. All arguments must outlive the registry. `prepare` runs in each child of a pool before the pool's
// initializer.
void add_pool_tasks(Registry& registry, const WorkerOptions& options,
                    const std::vector<std::function<void()>>& prepare);

// Returns the options of the pool of a client that a worker with the options `host` runs.
WorkerOptions pool_options(const proto::PoolSpec& spec, const WorkerOptions& host);

}  // namespace forkmill::worker
