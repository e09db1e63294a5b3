#include "tests/sim/shards/shard_nodes.h"

#include <algorithm>

namespace forkmill::sim {

ShardNodes::ShardNodes(const Options& options, std::size_t started, bool verbose) : world{options, verbose} {
  for (std::size_t i = 0; i < options.sharding.brokers; ++i)
    brokers.push_back(std::make_unique<BrokerMachine>(shared, Addresses::door(i + 1)));
  for (std::size_t i = 0; i < started; ++i) brokers[i]->start();
  for (std::size_t i = 0; i < options.workers; ++i)
    workers.push_back(std::make_unique<ShardWorker>(shared, i, draw_endpoints()));
  for (std::size_t i = 0; i < options.clients; ++i)
    clients.push_back(std::make_unique<ShardClient>(shared, workload, "client-" + std::to_string(i), draw_endpoints()));
}

// All brokers, in any order. Some peers know the endpoint of a shard instead of a broker.
std::vector<std::string> ShardNodes::draw_endpoints() {
  std::vector<std::string> endpoints;
  for (const auto& broker : brokers)
    endpoints.insert(endpoints.begin() + static_cast<std::ptrdiff_t>(world.random.below(endpoints.size() + 1)),
                     broker->name());
  if (!world.random.chance(world.options.sharding.misled)) return endpoints;
  const auto shard = static_cast<std::uint32_t>(world.random.between(1, world.options.sharding.shards));
  endpoints.insert(endpoints.begin(), Addresses::of_shard(endpoints.front(), shard));
  return endpoints;
}

void ShardNodes::run_until(Instant end) {
  while (world.step(end)) {
  }
}

ShardProcess* ShardNodes::owner(const broker::OwnedShard& shard) const {
  const auto found = std::ranges::find(brokers, shard.broker, [](const auto& one) { return one->name(); });
  if (found == brokers.end()) return nullptr;
  ShardProcess& process = (*found)->process(static_cast<std::uint32_t>(shard.number));
  return process.serves() ? &process : nullptr;
}

bool ShardNodes::is_settled() const {
  const auto view = table.view();
  const auto chosen = broker::choose_owners(view);
  return std::ranges::all_of(view.shards, [&](const auto& shard) {
    const auto its = chosen.find(shard.number);
    return its != chosen.end() && its->second == shard.broker;
  });
}

bool ShardNodes::are_workers_open() const {
  return std::ranges::all_of(workers, [](const auto& one) { return one->is_open(); });
}

}  // namespace forkmill::sim
