// Queue: one queue by name: its ready tasks, how much it holds, and the numbers of its other tasks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/core/tasks/queue_budget.h"
#include "broker/core/tasks/ready_tasks.h"

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
  // False: nothing points to the queue, and nothing would be lost with it.
  bool in_use() const { return budget.tasks() > 0 || workers > 0 || processes != nullptr || !ready.is_idle(); }

  QueueBudget budget;
  ReadyTasks ready;
  std::size_t scheduled = 0;
  std::size_t running = 0;
  std::size_t workers = 0;     // sessions of workers that serve it
  Queue* processes = nullptr;  // its tasks with a process of their own; null: there are none
  bool counted = false;        // towards the maximum number of queues
  Instant unused_since = proto::kNever;

 private:
  std::string name_;
};

}  // namespace forkmill::broker
