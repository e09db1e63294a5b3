#include "tests/sim/faults.h"

#include <cmath>

namespace forkmill::sim {

using namespace std::chrono_literals;

void Faults::begin(Instant end) {
  end_ = end;
  const FaultRates& rates = world_.options.faults;
  const auto clients = static_cast<double>(nodes_.clients.size());
  const auto workers = static_cast<double>(nodes_.workers.size());
  keep_doing(rates.cut * (clients + workers),
             [this] { one_of_all([](ClientNode& one) { one.cut(); }, [](WorkerNode& one) { one.cut(); }); });
  keep_doing(rates.partition * (clients + workers), [this] {
    const Instant until = world_.now() + outage();
    one_of_all([&](ClientNode& one) { one.block(until); }, [&](WorkerNode& one) { one.block(until); });
  });
  keep_doing(rates.broker_crash, [this] {
    nodes_.broker.crash();
    restart_later(nodes_.broker);
  });
  keep_doing(rates.broker_stop, [this] {
    nodes_.broker.stop();
    restart_later(nodes_.broker);
  });
  keep_doing(rates.broker_pause, [this] {
    if (nodes_.broker.up()) nodes_.broker.pause(world_.now() + outage());
  });
  keep_doing(world_.options.disk.crowds, [this] { nodes_.broker.crowd_disk(world_.now() + outage()); });
  keep_doing(rates.worker_crash * workers, [this] {
    WorkerNode& one = a_worker();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.worker_pause * workers,
             [this] { a_worker().pause(world_.now() + outage(), world_.random.chance(0.5)); });
  keep_doing(rates.worker_drain * workers, [this] { a_worker().drain(); });
  keep_doing(rates.client_crash * clients, [this] {
    ClientNode& one = a_client();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.client_pause * clients, [this] { a_client().pause(world_.now() + outage()); });
}

void Faults::mend() {
  world_.calm = true;
  nodes_.broker.mend_disk();
  nodes_.broker.start();
  for (auto& one : nodes_.clients) one->start();
  for (auto& one : nodes_.workers) one->start();
}

void Faults::keep_doing(double per_minute, const std::function<void()>& what) {
  if (per_minute > 0) next_of(per_minute, what);
}

// At random, independent of each other: a Poisson process.
void Faults::next_of(double per_minute, std::function<void()> what) {
  const double minutes = -std::log(1 - world_.random.unit()) / per_minute;
  const Instant when = world_.now() + Instant{static_cast<std::int64_t>(minutes * 60e6)};
  if (when >= end_) return;
  world_.at(when, [this, per_minute, what = std::move(what)] {
    what();
    next_of(per_minute, what);
  });
}

// From a hiccup to three times what a session survives.
Instant Faults::outage() {
  const double timeout = static_cast<double>(Instant{world_.options.core.session_timeout}.count());
  const double unit = world_.random.unit();
  return Instant{static_cast<std::int64_t>(3 * timeout * unit * unit)};
}

void Faults::one_of_all(const std::function<void(ClientNode&)>& client,
                        const std::function<void(WorkerNode&)>& worker) {
  const auto number = world_.random.below(nodes_.clients.size() + nodes_.workers.size());
  if (number < nodes_.clients.size())
    client(*nodes_.clients[number]);
  else
    worker(*nodes_.workers[number - nodes_.clients.size()]);
}

template <class Node>
void Faults::restart_later(Node& node) {
  world_.after(outage(), [&node] { node.start(); });
}

}  // namespace forkmill::sim
