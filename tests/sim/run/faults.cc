#include "tests/sim/run/faults.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr Instant kStumble = 100ms;

}  // namespace

void Faults::begin(Instant end) {
  plan_.begin(end);
  const FaultRates& rates = world_.options.faults;
  const auto clients = static_cast<double>(nodes_.clients.size());
  const auto workers = static_cast<double>(nodes_.workers.size());
  keep_doing(rates.cut * (clients + workers), [this] { a_line().cut(); });
  keep_doing(rates.partition * (clients + workers), [this] {
    const Instant until = world_.now() + outage();
    a_line().block(until);
  });
  keep_doing(rates.broker_crash, [this] {
    const auto crash = [this, back = outage()] {
      if (world_.calm) return;
      nodes_.broker.crash();
      world_.after(back, [this] { nodes_.broker.start(); });
    };
    plan_.random.chance(0.7) ? nodes_.broker.at_next_commit(crash) : crash();
  });
  keep_doing(rates.broker_stop, [this] {
    nodes_.broker.stop();
    restart_later(nodes_.broker);
  });
  keep_doing(rates.broker_pause, [this] {
    if (nodes_.broker.up()) nodes_.broker.pause(world_.now() + outage());
  });
  keep_doing(world_.options.disk.crowds, [this] { nodes_.broker.storage().crowd(world_.now() + outage()); });
  keep_doing(rates.worker_crash * workers, [this] {
    WorkerNode& one = a_worker();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.worker_pause * workers,
             [this] { a_worker().pause(world_.now() + outage(), plan_.random.chance(0.5)); });
  keep_doing(rates.worker_drain * workers, [this] { a_worker().drain(); });
  keep_doing(rates.client_crash * clients, [this] {
    ClientNode& one = a_client();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.client_pause * clients, [this] { a_client().pause(world_.now() + outage()); });
  begin_more(clients, workers);
}

void Faults::begin_more(double clients, double workers) {
  const FaultRates& rates = world_.options.faults;
  keep_doing(rates.half_open * (clients + workers), [this] {
    const auto lost = plan_.random.between(1, 3);  // from the peer, to the peer, both
    a_line().hollow((lost & 1) != 0, (lost & 2) != 0);
  });
  keep_doing(rates.full * (clients + workers), [this] { a_line().fill(); });
  keep_doing(rates.wall_jump, [this] { set_a_clock(); });
  keep_doing(rates.stumble, [this] {
    nodes_.broker.crash();
    world_.after(outage(), [this] {
      nodes_.broker.start();
      const Instant pause = plan_.random.between(Instant{0}, 2 * world_.options.commit_delay + kStumble);
      world_.after(pause, [this] {
        if (world_.calm) return;
        nodes_.broker.crash();
        restart_later(nodes_.broker);
      });
    });
  });
  keep_doing(rates.stranger, [this] { meet_a_stranger(); });
  keep_doing(rates.no_memory, [this] { nodes_.broker.fill_memory(world_.now() + outage()); });
  keep_doing(rates.absence * workers, [this] {
    a_worker().line().block(world_.now() + 2 * outage());
    world_.after(outage(), [this] {
      if (world_.calm) return;
      nodes_.broker.crash();
      restart_later(nodes_.broker);
    });
  });
}

void Faults::set_a_clock() {
  const milliseconds most = world_.options.most_skew;
  const milliseconds skew =
      std::chrono::duration_cast<milliseconds>(plan_.random.between(Instant{0}, 2 * Instant{most})) - most;
  if (plan_.random.chance(0.5)) return nodes_.broker.clock().set(skew);
  // Workers do not read their wall clocks.
  const auto number = plan_.random.below(nodes_.clients.size() + nodes_.workers.size());
  if (number < nodes_.clients.size()) nodes_.clients[number]->users().tasks().set_clock(skew);
}

void Faults::meet_a_stranger() {
  std::erase_if(strangers_, [](const auto& one) { return one->done(); });
  if (!nodes_.broker.up()) return;
  if (auto stranger = make_stranger(nodes_.network, nodes_.broker.core().state(), plan_.random))
    strangers_.push_back(std::move(stranger));
}

void Faults::mend() {
  world_.calm = true;
  nodes_.broker.storage().mend();
  nodes_.broker.start();
  for (auto& one : nodes_.clients) one->start();
  for (auto& one : nodes_.workers) one->start();
}

// The line of any client or worker.
Line& Faults::a_line() {
  const auto number = plan_.random.below(nodes_.clients.size() + nodes_.workers.size());
  if (number < nodes_.clients.size()) return nodes_.clients[number]->line();
  return nodes_.workers[number - nodes_.clients.size()]->line();
}

template <class Node>
void Faults::restart_later(Node& node) {
  world_.after(outage(), [&node] { node.start(); });
}

}  // namespace forkmill::sim
