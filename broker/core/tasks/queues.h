// Queues: all queues by name. A queue is made when it is first named, and is never erased: tasks point to it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/tasks/queue.h"

namespace forkmill::broker {

class Queues {
 public:
  struct Limits {
    std::size_t queues = 0;
    QueueOptions standard;
    std::map<std::string, QueueOptions> named;  // in place of `standard`
    ResidentLimits resident;
  };
  explicit Queues(Limits limits) : limits_{std::move(limits)} {}

  // Null: there is none.
  Queue* find(std::string_view name) const;
  // Null: there are as many queues as there may be.
  Queue* find_or_make(std::string_view name);
  // Pairs of a name and a pointer, by name.
  auto begin() const { return queues_.begin(); }
  auto end() const { return queues_.end(); }
  // Queues of tasks with a process of their own; all are among the others, too.
  const std::vector<Queue*>& process_queues() const { return process_queues_; }

  // Returns the lanes that need tasks from the disk, and have not been returned since their last end_refill().
  std::vector<LaneKey> drain_needs_refill() { return std::exchange(needs_refill_, {}); }

 private:
  Limits limits_;
  std::map<std::string, std::unique_ptr<Queue>, std::less<>> queues_;
  std::vector<Queue*> process_queues_;
  std::vector<LaneKey> needs_refill_;
};

}  // namespace forkmill::broker
