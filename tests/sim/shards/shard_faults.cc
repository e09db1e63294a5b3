#include "tests/sim/shards/shard_faults.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

void ShardFaults::begin(Instant end) {
  plan_.begin(end);
  plan_broker_faults();
  plan_peer_faults();
  plan_line_faults();
  plan_moves();
}

void ShardFaults::plan_broker_faults() {
  const FaultRates& rates = world_.options.faults;
  const auto brokers = static_cast<double>(nodes_.brokers.size());
  keep_doing(rates.broker_crash * brokers, [this] {
    BrokerMachine& one = a_broker();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.broker_crash * brokers, [this] {
    ShardProcess* owner = an_owner();
    if (owner == nullptr) return;
    const auto crash = [this, owner, back = outage()] {
      if (!world_.calm) owner->die_for(back);
    };
    plan_.random.chance(0.5) ? owner->at_next_commit(crash) : crash();
  });
  keep_doing(rates.broker_stop * brokers, [this] {
    BrokerMachine& one = a_broker();
    one.stop();
    restart_later(one);
  });
  keep_doing(rates.broker_pause * brokers, [this] {
    if (ShardProcess* owner = an_owner()) owner->pause(world_.now() + outage());
  });
  keep_doing(world_.options.sharding.lease_loss, [this] {
    if (ShardProcess* owner = an_owner()) owner->lose_lease(world_.now() + 2s + outage());
  });
  keep_doing(world_.options.sharding.outage, [this] {
    BrokerMachine& one = a_broker();
    if (one.up()) one.cut_off(world_.now() + outage());
  });
}

void ShardFaults::plan_peer_faults() {
  const FaultRates& rates = world_.options.faults;
  const auto clients = static_cast<double>(nodes_.clients.size());
  const auto workers = static_cast<double>(nodes_.workers.size());
  keep_doing(rates.client_crash * clients, [this] {
    ShardClient& one = a_client();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.client_pause * clients, [this] { a_client().pause(world_.now() + outage()); });
  keep_doing(rates.worker_crash * workers, [this] {
    ShardWorker& one = a_worker();
    one.crash();
    restart_later(one);
  });
  keep_doing(rates.worker_pause * workers,
             [this] { a_worker().pause(world_.now() + outage(), plan_.random.chance(0.5)); });
  keep_doing(rates.worker_drain * workers, [this] { a_worker().drain(); });
}

void ShardFaults::plan_line_faults() {
  const FaultRates& rates = world_.options.faults;
  const auto peers = static_cast<double>(nodes_.clients.size() + nodes_.workers.size());
  keep_doing(rates.cut * peers, [this] { disturb([](Line& line) { line.cut(); }); });
  keep_doing(rates.partition * peers,
             [this] { disturb([until = world_.now() + outage()](Line& line) { line.block(until); }); });
  keep_doing(rates.half_open * peers, [this] {
    const auto lost = plan_.random.between(1, 3);  // from the peer, to the peer, both
    disturb([lost](Line& line) { line.hollow((lost & 1) != 0, (lost & 2) != 0); });
  });
  keep_doing(rates.full * peers, [this] { disturb([](Line& line) { line.fill(); }); });
}

void ShardFaults::plan_moves() {
  keep_doing(world_.options.sharding.drain, [this] { nodes_.table.drain(a_broker().name()); });
  keep_doing(world_.options.sharding.placement, [this] {
    const auto shard = static_cast<std::uint32_t>(plan_.random.between(1, world_.options.sharding.shards));
    nodes_.table.place(shard, a_broker().name());
  });
}

void ShardFaults::mend() {
  world_.calm = true;
  nodes_.table.settle();
  for (auto& one : nodes_.brokers) one->start();
  for (auto& one : nodes_.clients) one->start();
  for (auto& one : nodes_.workers) one->start();
}

ShardProcess* ShardFaults::an_owner() {
  std::vector<ShardProcess*> owners;
  for (const auto& broker : nodes_.brokers)
    for (std::uint32_t shard = 1; shard <= world_.options.sharding.shards; ++shard)
      if (broker->process(shard).serves()) owners.push_back(&broker->process(shard));
  return owners.empty() ? nullptr : plan_.random.pick(owners);
}

void ShardFaults::disturb(const std::function<void(Line&)>& what) {
  const auto number = plan_.random.below(nodes_.clients.size() + nodes_.workers.size());
  Line* line = number < nodes_.clients.size() ? nodes_.clients[number]->some_line()
                                              : nodes_.workers[number - nodes_.clients.size()]->some_line();
  if (line != nullptr) what(*line);
}

}  // namespace forkmill::sim
