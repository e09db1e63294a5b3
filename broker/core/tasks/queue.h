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
  Queue(std::string name, QueueOptions limits, ResidentLimits resident, std::vector<LaneKey>& needs_refill)
      : budget{limits}, ready{*this, resident, needs_refill}, name_{std::move(name)} {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::string& name() const { return name_; }

  QueueBudget budget;
  ReadyTasks ready;
  std::size_t scheduled = 0;
  std::size_t running = 0;
  std::size_t workers = 0;     // sessions of workers that serve it
  Queue* processes = nullptr;  // its tasks with a process of their own; null: there have been none

 private:
  std::string name_;
};

}  // namespace forkmill::broker
