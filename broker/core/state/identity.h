// Identity: facts of this broker that are fixed at its start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/ids.h"

namespace forkmill::broker {

struct Identity {
  std::string store;
  proto::Epoch epoch;
  proto::CommitSeq commit;  // the last commit in the store
  bool durable = false;     // commits outlive the broker
  std::string software;
  std::vector<std::string> listen;
  proto::TaskSeq last_seq;  // new tasks get higher numbers
  std::uint64_t run = 0;    // random: differs from that of every other run of a broker
  std::uint32_t shard = 1;  // the one that this broker has
  std::uint32_t shards = 1;
  std::string broker{};  // its name in a cluster with several shards
};

}  // namespace forkmill::broker
