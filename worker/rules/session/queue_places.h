// QueuePlaces: the queues of a worker, as its options name them, and the shards on which they are. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/session/shards.h"

namespace forkmill::worker {

class QueuePlaces {
 public:
  explicit QueuePlaces(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto place = proto::QueuePlace::parse(text);
      places_.push_back(place.ok() ? place.value() : proto::QueuePlace{text});
    }
  }

  // Returns the names of the queues on a shard.
  std::vector<std::string> on(std::uint32_t shard, std::uint32_t shards) const {
    std::vector<std::string> names;
    for (const proto::QueuePlace& place : places_)
      if (shards == 1 || place.is_on(shard, shards)) names.push_back(place.name);
    return names;
  }
  // Returns which queue is on a shard that a cluster of this number of shards does not have; empty: none.
  std::string misplaced(std::uint32_t shards) const {
    const auto found = std::ranges::find_if(places_, [&](const auto& place) { return place.shard > shards; });
    if (found == places_.end()) return {};
    return "queue " + found->name + "@" + std::to_string(found->shard) + ": this cluster has " +
           std::to_string(shards) + (shards == 1 ? " shard" : " shards");
  }

 private:
  std::vector<proto::QueuePlace> places_;
};

}  // namespace forkmill::worker
