// The link: the process that talks to the broker for the whole pool. It carries between the broker's socket, the rings
// of the children and the supervisor; the foreman (rules/foreman.h) says what is to be done.
#pragma once

#include <forkmill/worker_options.h>
#include <sys/types.h>

#include <cstdint>

#include "worker/ipc/control.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct LinkSetup {
  const Registry& registry;
  const WorkerOptions& options;
  Control control;
  int bell = -1;  // Bell::reader
  pid_t supervisor = 0;
  std::uint64_t instance = 0;  // names this worker to the broker, through all links that it has
  bool can_restart = false;    // the program starts again when it is told to
};

inline constexpr int kLinkRefused = 3;  // exit code: the broker will not take this worker, so starting again is no use

// Runs until the pool ends; blocks all signals. Returns the exit code of the process: 0 after a drain.
int run_link(LinkSetup setup);

}  // namespace forkmill::worker
