// The answer to QUERY shards and to the commands about shards.
#pragma once

#include <algorithm>
#include <vector>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

inline PackedMap packed_division(const ClusterView& view) {
  std::vector<PackedMap> shards;
  shards.reserve(view.shards.size());
  for (const OwnedShard& shard : view.shards) {
    shards.push_back(PackedMap{}
                         .add("shard", shard.number)
                         .add("broker", shard.broker)
                         .add("address", shard.address)
                         .add("epoch", shard.epoch)
                         .add("pinned", shard.placed)
                         .add("chosen", shard.chosen));
  }
  std::vector<PackedMap> brokers;
  brokers.reserve(view.brokers.size());
  for (const LiveBroker& broker : view.brokers) {
    brokers.push_back(PackedMap{}
                          .add("name", broker.name)
                          .add("draining", broker.is_draining)
                          .add("shards", std::ranges::count(view.shards, broker.name, &OwnedShard::broker)));
  }
  return PackedMap{}.add("shards", shards).add("brokers", brokers).add("dead", view.dead);
}

inline ReplyBody division_body(const ClusterAnswer& answer) {
  if (!answer.view.ok()) return answer.view.failure();
  return packed_division(answer.view.value());
}

// For brokers without a store, which are in no cluster.
inline proto::Failure no_shards() {
  return {Errc::bad_request, "this broker keeps tasks in memory only, and has no shards (forkmill-broker --shards)"};
}

}  // namespace forkmill::broker
