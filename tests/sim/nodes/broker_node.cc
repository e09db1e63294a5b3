#include "tests/sim/nodes/broker_node.h"

#include <utility>

namespace forkmill::sim {

namespace {

constexpr Instant kRepair = std::chrono::seconds{5};  // the longest time until an operator starts a broker that stopped

}  // namespace

BrokerNode::BrokerNode(World& world, Network& network, History& history, const ObjectHistory& objects)
    : world_{world}, network_{network}, history_{history}, audits_{world, history, objects} {}

void BrokerNode::start() {
  if (up()) return;
  ++starts_;
  history_.broker_started();
  note("starts");
  const auto opened = storage_.begin(starts_).open();
  if (!opened.ok()) return store_failed(opened.failure());
  storage_.opened();
  loop_ = std::make_unique<BrokerLoop>(machine_, opened.value(),
                                       [this](const proto::Failure& failure) { store_failed(failure); });
  if (const auto status = loop_->recover(); !status.ok()) return store_failed(status.failure());
  loop_->begin();
}

// An operator starts the broker again.
void BrokerNode::store_failed(const proto::Failure& failure) {
  note("stops: " + failure.text);
  if (!storage_.may_fail()) throw Violation{"the store failed without a reason: " + failure.text};
  go_down(false);
  world_.after(world_.random.between(Instant{0}, kRepair), [this] { start(); });
}

void BrokerNode::crash() {
  if (!up()) return;
  note("crashes");
  loop_->die();
  go_down(false);
}

void BrokerNode::stop() {
  if (!up()) return;
  note("stops");
  if (loop_->shut_down()) go_down(true);
}

void BrokerNode::go_down(bool orderly) {
  network_.close();
  if (loop_) loop_->end();
  last_ = std::move(loop_);
  storage_.end(orderly);
}

void BrokerNode::pause(Instant until) {
  note("pauses");
  loop_->pause(until);
}

}  // namespace forkmill::sim
