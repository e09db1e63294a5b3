// Matching: gives ready tasks to workers with credit. Children that are idle come before prefetch, and workers take
// turns, so that work spreads. Where many tasks are ready that take less time than a message, a worker gets some of
// them at once. Tasks with a process of their own go to the worker that has the fewest of them.
//
// A round costs what there is to give, however many workers are connected: workers stand in the lines of their offers
// (tasks/offers.h), and only offers are asked whose queues may have a task for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/lifecycle/worker_lines.h"
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
  Instant next_wakeup() const { return lines_.next_wakeup(); }

 private:
  static constexpr std::size_t kRun = 16;  // tasks that a worker gets in one turn, at most

  // An offer, and since when the first worker of its line has waited.
  struct Turn {
    std::uint64_t since;
    Offer* offer;
    bool operator<(const Turn& other) const { return other.since < since; }  // the heap's top has waited longest
  };

  void wake_offers();
  void give_pool();
  // Gives the workers of a line tasks in turn, until none of them could have another one.
  void give(WorkerLine line);
  void add_turn(Offer& offer, WorkerLine line);
  // Returns whether the worker's offer may have another task for its line.
  bool give_run(Worker& worker, WorkerLine line);
  // Returns how many tasks a worker with an idle child gets in one turn in which it has got this one.
  std::size_t run_for_idle(const Task& task) const;
  // Returns null if no queue of the worker's offer has a task for it.
  Task* next_task(Worker& worker);
  Task* next_in(Queue& queue, const Worker& worker) const;
  void give_processes();
  Task* next_process(Worker& worker);

  bool takes(const Worker& worker, TaskTypeId type) const;

  BrokerState& state_;
  const Registry& registry_;
  TaskGrants& grants_;
  WorkerLines lines_{state_};
  std::uint64_t known_controls_ = 0;    // Controls::version in the last round
  std::uint64_t known_registry_ = 0;    // Registry::version() in the last round
  std::vector<Turn> turns_;             // a heap
  std::vector<Worker*> for_processes_;  // candidates for tasks with a process of their own
};

}  // namespace forkmill::broker
