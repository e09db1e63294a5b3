// ShardMap: where clients and workers find the shards of a cluster, and what the door of a broker (door.h) answers to
// its peers. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::broker {

struct ShardMap {
  std::uint64_t version = 0;         // rises with each takeover of any shard
  std::vector<proto::Place> places;  // by number
  friend bool operator==(const ShardMap&, const ShardMap&) = default;

  // Takes over what was read last. A lower version is that of a database which was restored.
  void take(ShardMap news);
};

// Returns the answers to a message: the map to a HELLO, and to one of a peer that knows of no shards also an error, as
// that peer may not understand the map; an error to anything else that asks for an answer.
std::vector<proto::Message> answers_of_door(const ShardMap& map, const proto::Envelope& envelope);

}  // namespace forkmill::broker
