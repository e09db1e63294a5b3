// A fleet: thousands of workers of a cluster with shards, which join, rest, work, and follow the shards when a broker
// joins and when another one dies. Prints what each of that takes: time, messages, and the CPU time of the rules of the
// brokers. Checks that all ends, and that every worker is at the owner of each shard that has a queue of it. The same
// nodes as in sharded_cluster.h, without audits and faults.
#pragma once

#include <cstddef>
#include <cstdint>

namespace forkmill::sim {

struct FleetOptions {
  std::size_t workers = 0;  // 0: no fleet
  std::uint32_t shards = 10;
  std::size_t brokers = 3;  // the last one joins later
  std::size_t queues = 200;
  bool is_spread = false;  // each queue has a part on each shard
  std::size_t tasks = 20'000;
  std::uint64_t seed = 1;
};

// Returns false if a check has failed, and prints why.
bool run_fleet(const FleetOptions& fleet);

}  // namespace forkmill::sim
