// The link: the process that talks to the broker for the whole pool. This file is its loop and nothing else: it carries
// between the broker's socket, the rings of the children and the supervisor; what to do is the foreman's to say.
#pragma once

#include <forkmill/worker_options.h>
#include <sys/types.h>

#include "worker/ipc/control.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct LinkSetup {
  const Registry& registry;
  const WorkerOptions& options;
  Control control;
  int bell = -1;  // eventfd that the children ring
  pid_t supervisor = 0;
  std::uint64_t instance = 0;  // who this worker is to the broker
};

inline constexpr int kLinkRefused = 3;  // exit code: the broker will not take this worker, so starting again is no use

// What the process does until the pool ends. Returns its exit code; 0 after a drain.
int run_link(LinkSetup setup);

}  // namespace forkmill::worker
