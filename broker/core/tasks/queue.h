// Queue: one queue by name: its ready tasks, how much it holds, and the numbers of its other tasks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/core/tasks/offers.h"
#include "broker/core/tasks/queue_budget.h"
#include "broker/core/tasks/ready_tasks.h"
#include "proto/mutants.h"

namespace forkmill::broker {

class Queue {
 public:
  // `needs_refill`: see ReadyTasks.
  Queue(std::string name, QueueOptions limits, ResidentLimits resident, std::vector<LaneKey>& needs_refill,
        const TaskTypes& task_types)
      : budget{limits}, ready{*this, resident, needs_refill, task_types}, name_{std::move(name)} {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::string& name() const { return name_; }
  // Returns false if nothing points to the queue, and nothing would be lost with it.
  bool in_use() const {
    return budget.tasks() > 0 || workers > 0 || processes != nullptr || !ready.is_idle() || has_control;
  }
  // Whether a task may be granted now, also one of `processes`: the queue is not paused, and fewer tasks run than may.
  bool may_grant() const {
    if (is_paused && !proto::mutant(proto::Mutant::queue_pause_ignored)) return false;
    const std::size_t max = budget.limits().max_running;
    if (max == 0 || proto::mutant(proto::Mutant::running_limit_ignored)) return true;
    return running + (processes == nullptr ? 0 : processes->running) < max;
  }

  QueueBudget budget;
  QueueOffers offers;  // have the queue; told when a task is ready
  ReadyTasks ready;
  std::size_t scheduled = 0;
  std::size_t running = 0;
  std::size_t workers = 0;     // sessions of workers that serve it
  Queue* processes = nullptr;  // its tasks with a process of their own; null: there are none
  bool counted = false;        // towards the maximum number of queues
  std::string counted_for;     // the principal that has named it first, if it counts
  bool has_control = false;    // operators have paused or limited it (controls.h)
  bool is_paused = false;
  Instant unused_since = proto::kNever;

 private:
  std::string name_;
};

}  // namespace forkmill::broker
