#include "broker/core/peers/worker_orders.h"

#include "proto/mutants.h"

namespace forkmill::broker {

void WorkerOrders::drain(Worker& worker) {
  worker.orders.drain = true;
  worker.draining = true;
  state_.output.send(worker.session, proto::Drain{});
}

void WorkerOrders::scale(Worker& worker, std::uint32_t children) {
  worker.orders.children = children;
  state_.output.send(worker.session, proto::Scale{children});
}

void WorkerOrders::repeat(Worker& worker) {
  if (proto::mutant(proto::Mutant::orders_not_repeated)) return;
  if (worker.orders.drain) drain(worker);
  if (worker.orders.children == worker.info.children) worker.orders.children = 0;
  if (worker.orders.children != 0) scale(worker, worker.orders.children);
}

void WorkerOrders::handle(Worker& worker, const proto::Scaled& scaled) {
  worker.info.children = scaled.children;
  if (worker.orders.children == scaled.children) worker.orders.children = 0;
}

}  // namespace forkmill::broker
