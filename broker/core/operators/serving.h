// Serving: which workers serve a queue, and why a task waits.
#pragma once

#include <string>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

// Ready tasks that no connected worker takes, by queue and task type, and why.
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
  // Empty: the task does not wait.
  std::string why_waiting(const Task& task) const;
  std::size_t workers_of(const Queue& queue) const;

 private:
  // Empty: a worker takes tasks of this type.
  std::string why_unserved(const Queue& queue, KindId kind) const;
  bool is_served(const Queue& queue, const Worker& worker) const;

  BrokerState& state_;
  const Registry& registry_;
};

}  // namespace forkmill::broker
