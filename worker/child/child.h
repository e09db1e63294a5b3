// The child: a process that runs tasks, one at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proto/os/descriptor.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct ChildSetup {
  const Registry& registry;
  const std::vector<std::function<void()>>& on_start;  // run in the child before its first task
  const WorkerOptions& options;
  int shared_area = -1;  // memory shared with the link
  int link_bell = -1;    // Bell::writer
  bool process = false;  // forked for one task: the exit code says how the task ended
  std::string folder{};  // holds the folders of its tasks; empty: they have none
};

// Runs tasks until the child leaves; never returns. The caller has set up descriptors, signals and process group.
[[noreturn]] void run_child(const ChildSetup& setup);

}  // namespace forkmill::worker
