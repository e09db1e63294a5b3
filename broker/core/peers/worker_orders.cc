#include "broker/core/peers/worker_orders.h"

#include "proto/mutants.h"

namespace forkmill::broker {

void WorkerOrders::drain(Worker& worker, bool restart) {
  worker.orders.drain = true;
  worker.orders.restart = restart;
  worker.draining = true;
  state_.output.send(worker.session, proto::Drain{restart});
}

void WorkerOrders::scale(Worker& worker, std::uint32_t children) {
  worker.orders.children = children;
  state_.output.send(worker.session, proto::Scale{children});
}

void WorkerOrders::repeat(Worker& worker) {
  if (proto::mutant(proto::Mutant::orders_not_repeated)) return;
  if (worker.orders.drain) drain(worker, worker.orders.restart);
  if (worker.orders.children == worker.info.children) worker.orders.children = 0;
  if (worker.orders.children != 0) scale(worker, worker.orders.children);
}

void WorkerOrders::handle(Worker& worker, const proto::Scaled& scaled) {
  worker.info.children = scaled.children;
  if (worker.orders.children == scaled.children) worker.orders.children = 0;
}

}  // namespace forkmill::broker
