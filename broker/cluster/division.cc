#include "broker/cluster/division.h"

#include <algorithm>

#include "proto/mutants.h"

namespace forkmill::broker {

namespace {

// How much a broker is preferred for a shard: FNV-1a over both, and a mixer that lets each bit depend on all others.
std::uint64_t preference(std::string_view broker, std::uint64_t shard) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : broker) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  hash += shard * 0x9E3779B97F4A7C15;
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  return hash ^ (hash >> 31);
}

std::vector<std::string> candidates(const std::vector<LiveBroker>& brokers) {
  const bool all_drain = std::ranges::all_of(brokers, &LiveBroker::is_draining);
  std::vector<std::string> names;
  for (const LiveBroker& broker : brokers)
    if (all_drain || !broker.is_draining) names.push_back(broker.name);
  return names;
}

}  // namespace

std::map<std::uint64_t, std::string> choose_owners(const ClusterView& view) {
  const auto names = candidates(view.brokers);
  std::map<std::uint64_t, std::string> chosen;
  if (names.empty()) return chosen;
  const std::size_t share = (view.shards.size() + names.size() - 1) / names.size();
  std::map<std::string, std::size_t> load;
  for (const OwnedShard& shard : view.shards) {
    if (std::ranges::find(names, shard.placed) == names.end()) continue;
    chosen[shard.number] = shard.placed;
    ++load[shard.placed];
  }
  for (const OwnedShard& shard : view.shards) {
    if (chosen.contains(shard.number)) continue;
    const std::string* best = nullptr;
    const auto is_better = [&](const std::string& name) {
      return best == nullptr || preference(name, shard.number) > preference(*best, shard.number);
    };
    for (const std::string& name : names)
      if (load[name] < share && is_better(name)) best = &name;
    if (best == nullptr) best = &*std::ranges::min_element(names, {}, [&](const auto& name) { return load[name]; });
    chosen[shard.number] = *best;
    ++load[*best];
  }
  return chosen;
}

std::optional<std::uint64_t> to_hand_over(const ClusterView& view, std::string_view broker) {
  if (std::ranges::any_of(view.shards, [](const OwnedShard& shard) { return shard.broker.empty(); }) &&
      !proto::mutant(proto::Mutant::handed_over_while_vacant))
    return std::nullopt;
  const auto chosen = choose_owners(view);
  for (const OwnedShard& shard : view.shards) {
    const auto its = chosen.find(shard.number);
    if (its == chosen.end() || its->second == shard.broker) continue;
    return shard.broker == broker ? std::optional{shard.number} : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> HandOver::look(const ClusterView& view) {
  const auto shard = to_hand_over(view, broker_);
  looks_ = shard ? looks_ + 1 : 0;
  return looks_ < kSettled ? std::nullopt : shard;
}

bool Turn::has_come(const ClusterView& view, proto::Instant now) {
  if (now - std::exchange(looked_at_, now) > kRow) looks_ = 0;
  if (++looks_ > kPatience) return true;
  const auto chosen = choose_owners(view);
  const auto its = chosen.find(shard_);
  return its == chosen.end() || its->second == broker_;
}

}  // namespace forkmill::broker
