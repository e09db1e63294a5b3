// WorkerRoster: what connected workers serve: their queues and their tasks; and workers by instance.
#pragma once

#include <unordered_map>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class WorkerRoster {
 public:
  WorkerRoster(BrokerState& state, Registry& registry) : state_{state}, registry_{registry} {}

  // Adds a worker that serves what `info` lists. Its instance must be set.
  void enlist(Worker& worker, proto::WorkerInfo info);
  // The worker serves nothing, for now or for good.
  void delist(Worker& worker);
  // Call when the worker is gone for good.
  void forget(const Worker& worker);

  // Returns the worker that sent the last HELLO with this instance, or null.
  Worker* with_instance(std::uint64_t instance) const;

 private:
  void note_tasks(const Worker& worker);

  BrokerState& state_;
  Registry& registry_;
  std::unordered_map<std::uint64_t, WorkerHandle> by_instance_;
};

}  // namespace forkmill::broker
