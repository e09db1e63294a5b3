// The child: one process of the pool that runs tasks, one at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "proto/transport/descriptor.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct ChildSetup {
  const Registry& registry;
  const std::vector<std::function<void()>>& on_start;  // run in the child before its first task
  const WorkerOptions& options;
  int shared_area = -1;  // memory shared with the link
  int link_bell = -1;    // eventfd
  bool process = false;  // forked for one task alone: its exit code says how that ended
};

// What the process does from here on; the descriptors, signals and process group are in order already. Never returns.
[[noreturn]] void run_child(const ChildSetup& setup);

}  // namespace forkmill::worker
