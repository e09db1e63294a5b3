// WorkerRoster: what connected workers serve: their queues and their tasks; and workers by instance.
#pragma once

#include <unordered_map>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

class WorkerRoster {
 public:
  WorkerRoster(BrokerState& state, Registry& registry) : state_{state}, registry_{registry} {}

  // The worker serves what `info` says. Its instance must be set.
  void enlist(Worker& worker, proto::WorkerInfo info);
  // The worker serves nothing, for now or for good.
  void delist(Worker& worker);
  // The worker is gone for good.
  void forget(const Worker& worker);

  // The worker that sent the last HELLO with this instance; null: there is none.
  Worker* with_instance(std::uint64_t instance) const;

 private:
  void note_tasks(const Worker& worker);

  BrokerState& state_;
  Registry& registry_;
  std::unordered_map<std::uint64_t, WorkerHandle> by_instance_;
};

}  // namespace forkmill::broker
