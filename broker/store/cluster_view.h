// ClusterView: the brokers of a cluster and its shards, as one look at the database finds them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forkmill::broker {

// LiveBroker: a broker whose lease in table `broker` lasts.
struct LiveBroker {
  std::string name;
  bool is_draining = false;  // an operator wants it to own nothing
};

// OwnedShard: one shard, as its row and its lease say.
struct OwnedShard {
  std::uint64_t number = 1;
  std::string broker;       // the owner; empty: its lease is over
  std::string placed;       // the broker that an operator has chosen; empty: none
  std::string address{};    // the endpoints of the owner, with commas between
  std::uint64_t epoch = 0;  // rises with each takeover
  std::string chosen{};     // the broker that is to own it; filled in for answers to operators only
};

struct ClusterView {
  std::vector<LiveBroker> brokers;
  std::vector<OwnedShard> shards;   // all, by number
  std::vector<std::string> dead{};  // brokers that have not been stopped, and do not live; for a day
};

}  // namespace forkmill::broker
