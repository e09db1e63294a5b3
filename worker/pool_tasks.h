// Tasks that every worker has, for the pools of clients (proto/pool_tasks.h).
#pragma once

#include <forkmill/worker_options.h>

#include <functional>
#include <vector>

#include "worker/tasks/registry.h"

namespace forkmill::worker {

// Adds the tasks. All arguments must outlive the registry. `prepare` runs in each child of a pool before the pool's
// initializer.
void add_pool_tasks(Registry& registry, const WorkerOptions& options,
                    const std::vector<std::function<void()>>& prepare);

}  // namespace forkmill::worker
