// Addresses: the endpoints of a cluster: the doors of the brokers, and the processes of the shards. Each has a network
// of its own, to which its peers connect.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/sim/nodes/network.h"

namespace forkmill::sim {

class Addresses {
 public:
  explicit Addresses(World& world) : world_{world} {}

  static std::string door(std::size_t broker) { return "broker-" + std::to_string(broker); }
  static std::string of_shard(const std::string& door, std::uint32_t shard) {
    return door + "/" + std::to_string(shard);
  }

  // Adds an endpoint where nothing listens yet.
  Network& add(const std::string& address) {
    auto& network = networks_[address];
    if (network == nullptr) network = std::make_unique<Network>(world_);
    return *network;
  }
  // Null: there is no such endpoint.
  Network* find(const std::string& address) const {
    const auto found = networks_.find(address);
    return found == networks_.end() ? nullptr : found->second.get();
  }

 private:
  World& world_;
  std::map<std::string, std::unique_ptr<Network>> networks_;
};

}  // namespace forkmill::sim
