// The endpoints of a broker with several shards: each shard has one beside each endpoint of the broker. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/status.h"

namespace forkmill::broker {

// Returns the endpoint of a shard beside that of its broker: tcp://HOST:PORT+SHARD, or ipc://PATH-shard-SHARD.
// REQUIRES: check_shard_endpoints().
std::string shard_endpoint(const std::string& endpoint, std::uint64_t shard);
std::vector<std::string> shard_endpoints(const std::vector<std::string>& endpoints, std::uint64_t shard);

// Fails for an endpoint beside which that many shards cannot have theirs.
proto::Status check_shard_endpoints(const std::vector<std::string>& endpoints, std::uint64_t shards);

// Returns the endpoints by which other machines know those on which the broker listens: `host` in place of an address
// that stands for all of this machine.
std::vector<std::string> reachable_endpoints(const std::vector<std::string>& listen, std::string_view host);

// Returns the endpoints with commas between.
std::string joined(const std::vector<std::string>& endpoints);

}  // namespace forkmill::broker
