// BrokerMachine: a broker of a cluster with several shards, as broker/host.h has it: a process for each shard, and a
// door, which sends peers on to the owners.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/shards/shard_process.h"

namespace forkmill::sim {

class BrokerMachine final : private Hub {
 public:
  BrokerMachine(const ShardCluster& cluster, const std::string& name);

  const std::string& name() const { return name_; }
  bool up() const { return up_; }
  void start();
  // Ends with all of its processes: SIGTERM, or the machine is gone.
  void stop();
  void crash();
  // Does not reach the database until then.
  void cut_off(Instant until);
  // The process of a shard.
  ShardProcess& process(std::uint32_t shard) { return *processes_[shard - 1]; }

 private:
  void arrived(proto::PeerId peer, proto::Envelope envelope) override;
  void look();
  void hand_over(std::uint64_t shard);
  void close();
  void note(const std::string& text) { cluster_.world.trace.note(cluster_.world.now(), name_, text); }

  const ShardCluster cluster_;
  const std::string name_;
  Network& network_;
  std::vector<std::unique_ptr<ShardProcess>> processes_;
  broker::ShardMap map_;
  broker::HandOver hand_over_;
  bool up_ = false;
  std::uint64_t starts_ = 0;  // counts also ends
  Instant blind_until_{0};
};

}  // namespace forkmill::sim
