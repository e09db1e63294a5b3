// SupervisorSetup: the arguments of a supervisor. Origin: what every process that it forks has to know of it.
#pragma once

#include <forkmill/worker_options.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "worker/confinement/account.h"
#include "worker/confinement/enclosures.h"
#include "worker/os/reaping.h"
#include "worker/tasks/registry.h"

namespace forkmill::worker {

struct SupervisorSetup {
  const Registry& registry;
  const WorkerOptions& options;  // processes is not 0
  const std::vector<std::function<void()>>& on_child_start;
  // Called in the supervisor when a child of the pool has died before it was ready. Then no other child replaces it.
  // Empty: another child is started, after a pause.
  std::function<void(const Death&)> on_death_at_birth{};
  // The user that children become. Null: they stay what they are.
  std::optional<Account> account{};
  // The pool belongs to a client (pool_tasks.cc): processes that its children start end with them.
  bool of_client = false;
  // A drain begins when each child has run its start-up functions to the end.
  bool drains_when_ready = false;
  // The owner of the supervisor starts the program again if Supervisor::run() says so.
  bool can_restart = false;
};

struct Origin {
  SupervisorSetup setup;
  std::vector<int> inherited;  // descriptors of the program, open before the pool began: kept in every process
  pid_t supervisor = 0;
  std::uint64_t instance = 0;                // names this worker to the broker, through all links that it has
  std::unique_ptr<Enclosures> enclosures{};  // folders and control groups of the children
};

}  // namespace forkmill::worker
