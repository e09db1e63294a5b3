// UnservedNotices: tells clients, a second after they have submitted tasks of a new kind, that these wait because no
// worker takes them, or because every child that could waits for such tasks itself. A client is told once for each
// queue, task name and reason.
#pragma once

#include <optional>
#include <string>

#include "broker/core/operators/why/serving.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class UnservedNotices {
 public:
  UnservedNotices(BrokerState& state, const Registry& registry) : state_{state}, serving_{state, registry} {}

  void tick();
  Instant next_wakeup() const;

 private:
  void forget_nested_waits();
  void look_at(const NewSpec& one);
  std::optional<TaskTypeId> ready_type(const Queue& queue, const TaskSpec& spec) const;
  bool is_nested_wait(const Queue& queue);
  void look_again(const NewSpec& one);
  void tell(Client& client, const TaskSpec& spec, const std::string& reason);

  BrokerState& state_;
  Serving serving_;
  std::uint64_t queues_forgotten_ = 0;  // Queues::forgotten() when that was looked at
};

}  // namespace forkmill::broker
