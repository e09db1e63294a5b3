// ShardTable: the database that the brokers of a cluster share, as far as it says who owns which shard: the rows of the
// brokers, the shards and their leases, and what operators have chosen. The tasks of a shard are in a store that only
// the owner of the latest epoch can write (broker/store/postgres/shard.h; tests/sim/postgres checks that rule on
// servers that fail).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/cluster/division.h"
#include "broker/cluster/shard_map.h"
#include "broker/store/memory_store.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class ShardTable {
 public:
  ShardTable(World& world, std::uint32_t shards);

  // ---- Brokers
  // Says that the broker lives.
  void announce(const std::string& broker);
  void leave(const std::string& broker) { brokers_.erase(broker); }
  broker::ClusterView view() const;
  broker::ShardMap map() const;

  // ---- Shards
  bool is_free(std::uint32_t shard) const { return row(shard).lease_until <= world_.now(); }
  // Returns the store of the shard for a process that takes it over in open().
  std::unique_ptr<broker::Store> store(std::uint32_t shard, const std::string& broker, const std::string& address);
  // Renews or ends the lease. renew() returns false if the shard has another owner.
  bool renew(std::uint32_t shard, proto::Epoch epoch);
  void release(std::uint32_t shard, proto::Epoch epoch);
  bool is_owner(std::uint32_t shard, proto::Epoch epoch) const { return row(shard).epoch == epoch; }

  // ---- Operators
  void drain(const std::string& broker);
  void place(std::uint32_t shard, const std::string& broker) { row(shard).placed = broker; }
  // Takes back all that operators have chosen.
  void settle();

 private:
  class OwnedStore;
  struct Row {
    broker::MemoryStore tasks;
    proto::Epoch epoch{};
    std::string broker{};
    std::string address{};
    std::string placed{};
    Instant lease_until{0};
  };
  struct BrokerRow {
    Instant lease_until{0};
    bool is_draining = false;
  };
  Row& row(std::uint32_t shard) { return *rows_[shard - 1]; }
  const Row& row(std::uint32_t shard) const { return *rows_[shard - 1]; }

  World& world_;
  std::map<std::string, BrokerRow> brokers_;
  std::vector<std::unique_ptr<Row>> rows_;
};

}  // namespace forkmill::sim
