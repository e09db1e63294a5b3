#include "tests/sim/shards/shard_client.h"

#include <utility>

namespace forkmill::sim {

ShardClient::ShardClient(const ShardCluster& cluster, Workload& workload, std::string name,
                         std::vector<std::string> endpoints)
    : cluster_{cluster},
      name_{std::move(name)},
      endpoints_{std::move(endpoints)},
      engine_{cluster.world, name_, *this},
      user_{cluster.world, cluster.history, cluster.routing, workload,
            [this](client::Request request) { engine_.handle(std::move(request)); }},
      locks_{cluster.world, cluster.locks, [this](client::Request request) {
               engine_.handle(std::move(request));
               engine_.make_missing();
               engine_.wake_soon();
             }} {
  start();
}

// ---- Life -----------------------------------------------------------------------------------------------------------

void ShardClient::start() {
  if (up()) return;
  client::SessionOptions options;
  options.name = name_;
  options.seed = cluster_.world.random.next();
  options.instance = cluster_.world.random.next() | 1;
  user_.begin(options.instance);
  locks_.begin();
  engine_.start(std::move(options));
  engine_.note("starts");
  engine_.make_missing();
}

void ShardClient::crash() {
  if (!up()) return;
  engine_.note("crashes");
  engine_.end();
  owners_met_.clear();
  user_.crash();
  locks_.crash();
}

void ShardClient::act() {
  if (!up()) return;
  user_.act();
  locks_.act();
  engine_.make_missing();
  engine_.wake_soon();
}

Line* ShardClient::some_line() {
  std::vector<Line*> lines;
  for (std::uint32_t shard = 1; shard <= engine_.ways(); ++shard)
    if (Way* way = engine_.way(shard)) lines.push_back(&way->line());
  return lines.empty() ? nullptr : cluster_.world.random.pick(lines);
}

// ---- The engine -----------------------------------------------------------------------------------------------------

std::unique_ptr<Way> ShardClient::connect(std::uint32_t shard) {
  return std::make_unique<Route>(cluster_.world, cluster_.addresses, name_ + "#" + std::to_string(shard), endpoints_,
                                 Line::Owner{[this] { engine_.wake_soon(); }, {}});
}

void ShardClient::welcomed(std::uint32_t shard, const proto::Welcome& welcome, bool stays) {
  owners_met_.welcomed(name_, shard, welcome, stays, cluster_.world.now());
}

void ShardClient::hears(const client::Effects& effects, proto::SessionId latest) {
  for (const client::Cookie cookie : effects.accepted) user_.accepted(cookie, latest);
  for (const auto& ended : effects.ended) user_.ended(ended);
  for (const auto& answered : effects.answered) user_.answered(answered.cookie);
  for (const auto& operated : effects.operated) locks_.answered(operated.cookie, operated.answer);
}

}  // namespace forkmill::sim
