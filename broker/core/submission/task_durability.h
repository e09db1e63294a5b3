// Task durability: whether a task goes to the store. The task says so, or else its queue, or else the broker's default.
#pragma once

#include <string>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Whether a task with these options in this queue is stored. A task that ends with its submitter (`daemon`) never is.
inline bool is_stored(const BrokerState& state, const proto::TaskOptions& options, const std::string& queue) {
  if (!state.identity.durable || options.durability == proto::Durability::memory || options.daemon) return false;
  if (options.durability == proto::Durability::durable) return true;
  const auto named = state.options.queues.find(queue);
  return named == state.options.queues.end() ? state.options.queue.durable : named->second.durable;
}

}  // namespace forkmill::broker
