// Matching: gives ready tasks to workers with credit. Children that are idle come before prefetch, and workers take
// turns, so that work spreads. Tasks with a process of their own go to the worker that has the fewest of them.
#pragma once

#include <vector>

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class Matching {
 public:
  Matching(BrokerState& state, const Registry& registry, TaskGrants& grants)
      : state_{state}, registry_{registry}, grants_{grants} {}

  // Grants tasks until there is none that a worker with credit could run.
  void run();
  // When the next worker's pause ends.
  Instant next_wakeup() const;

 private:
  bool may_grant(const Worker& worker) const;
  // Whether the worker is short of something.
  bool is_paused(const Worker& worker) const;
  void give_pool();
  void give_processes();
  void give_idle();
  void give_rest();
  bool give_one(Worker& worker);
  Task* next_task(Worker& worker);
  Task* next_process(Worker& worker);

  bool takes(Worker& worker, TaskTypeId type) const;

  BrokerState& state_;
  const Registry& registry_;
  TaskGrants& grants_;
  std::size_t turn_ = 0;
  std::vector<Worker*> candidates_;
};

}  // namespace forkmill::broker
