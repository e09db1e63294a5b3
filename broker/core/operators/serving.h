// Serving: which workers serve a queue, and why a task waits.
#pragma once

#include <string>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

// Unserved: ready tasks of one queue and task type that no connected worker takes, and why.
struct Unserved {
  std::string queue;
  std::string name;
  std::size_t count;
  std::string reason;
};

class Serving {
 public:
  Serving(BrokerState& state, const Registry& registry) : state_{state}, registry_{registry} {}

  std::vector<Unserved> unserved() const;
  // Returns why the task waits. Empty: it does not wait.
  std::string why_waiting(const Task& task) const;
  std::size_t workers_of(const Queue& queue) const;

 private:
  // Returns why no worker takes tasks of this type. Empty: a worker takes them.
  std::string why_unserved(const Queue& queue, TaskTypeId type) const;
  bool is_served(const Queue& queue, const Worker& worker) const;

  BrokerState& state_;
  const Registry& registry_;
};

}  // namespace forkmill::broker
