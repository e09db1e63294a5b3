// WorkerOrders: orders of operators to workers: to drain, or to have another number of children. An order is sent again
// in each session of its worker until it is carried out. It ends with the worker, and with this broker.
#pragma once

#include <cstdint>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class WorkerOrders {
 public:
  explicit WorkerOrders(BrokerState& state) : state_{state} {}

  // Whether the worker carries out orders; earlier versions do not.
  static bool obeys(const Worker& worker) { return worker.info.max_children > 0; }

  // Whether the worker can start again after a drain.
  static bool can_restart(const Worker& worker) { return obeys(worker) && worker.info.restarts; }

  // Grants the worker nothing from now on. restart: it starts again when it has drained.
  void drain(Worker& worker, bool restart = false);
  // `children`: 1 to WorkerInfo::max_children.
  void scale(Worker& worker, std::uint32_t children);
  // Call when the worker has begun a session: orders may have been lost on the way to it.
  void repeat(Worker& worker);
  void handle(Worker& worker, const proto::Scaled& scaled);

 private:
  BrokerState& state_;
};

}  // namespace forkmill::broker
