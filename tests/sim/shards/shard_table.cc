#include "tests/sim/shards/shard_table.h"

#include <utility>

namespace forkmill::sim {

namespace {

constexpr Instant kShardLease = std::chrono::seconds{2};  // as in broker/store/postgres/shard.h

}  // namespace

// Fails as soon as another process has taken the shard over. What it reads then is not told to anybody.
class ShardTable::OwnedStore final : public broker::Store {
 public:
  OwnedStore(World& world, Row& row, std::string broker, std::string address)
      : world_{world}, row_{row}, broker_{std::move(broker)}, address_{std::move(address)} {}

  proto::Result<Identity> open() override {
    auto identity = row_.tasks.open();
    if (!identity.ok()) return identity;
    row_.epoch = epoch_ = identity->epoch;
    row_.broker = broker_;
    row_.address = address_;
    row_.lease_until = world_.now() + kShardLease;
    return identity;
  }
  proto::Status load(const std::function<void(const broker::TaskSummary&)>& visit) override {
    return is_owner() ? row_.tasks.load(visit) : deposed();
  }
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override {
    return is_owner() ? row_.tasks.load_records(visit) : deposed();
  }
  proto::Status apply(std::span<const broker::StoreOp> ops) override {
    return is_owner() ? row_.tasks.apply(ops) : deposed();
  }
  proto::Status commit(proto::CommitSeq number) override { return is_owner() ? row_.tasks.commit(number) : deposed(); }
  proto::Status fetch(std::span<const proto::TaskSeq> seqs,
                      const std::function<void(broker::StoredTask)>& visit) override {
    return is_owner() ? row_.tasks.fetch(seqs, visit) : deposed();
  }
  proto::Status scan(proto::TaskSeq before, const std::function<bool(broker::StoredTask)>& visit) override {
    return is_owner() ? row_.tasks.scan(before, visit) : deposed();
  }
  proto::Status begin_backup(const std::string& path) override { return row_.tasks.begin_backup(path); }
  proto::Result<bool> continue_backup() override { return row_.tasks.continue_backup(); }
  std::optional<std::uint64_t> free_bytes() override { return std::nullopt; }
  bool durable() const override { return true; }

 private:
  bool is_owner() const { return row_.epoch == epoch_; }
  static proto::Status deposed() { return {Errc::unknown, "another broker has taken over"}; }

  World& world_;
  Row& row_;
  const std::string broker_;
  const std::string address_;
  proto::Epoch epoch_;
};

ShardTable::ShardTable(World& world, std::uint32_t shards) : world_{world} {
  for (std::uint32_t shard = 1; shard <= shards; ++shard) {
    const std::string id = "store-" + std::to_string(shard);
    rows_.push_back(std::make_unique<Row>(broker::MemoryStore{id, true}));
  }
}

void ShardTable::announce(const std::string& broker) { brokers_[broker].lease_until = world_.now() + kShardLease; }

broker::ClusterView ShardTable::view() const {
  broker::ClusterView view;
  for (const auto& [name, broker] : brokers_)
    if (broker.lease_until > world_.now()) view.brokers.push_back({name, broker.is_draining});
  for (std::uint32_t shard = 1; shard <= rows_.size(); ++shard)
    view.shards.push_back({shard, is_free(shard) ? std::string{} : row(shard).broker, row(shard).placed});
  return view;
}

broker::ShardMap ShardTable::map() const {
  broker::ShardMap map;
  for (std::uint32_t shard = 1; shard <= rows_.size(); ++shard) {
    map.places.push_back({is_free(shard) ? std::string{} : row(shard).address});
    map.version += row(shard).epoch.value();
  }
  return map;
}

std::unique_ptr<broker::Store> ShardTable::store(std::uint32_t shard, const std::string& broker,
                                                 const std::string& address) {
  return std::make_unique<OwnedStore>(world_, row(shard), broker, address);
}

bool ShardTable::renew(std::uint32_t shard, proto::Epoch epoch) {
  if (!is_owner(shard, epoch)) return false;
  row(shard).lease_until = world_.now() + kShardLease;
  return true;
}

void ShardTable::release(std::uint32_t shard, proto::Epoch epoch) {
  if (is_owner(shard, epoch)) row(shard).lease_until = {};
}

void ShardTable::drain(const std::string& broker) {
  const auto found = brokers_.find(broker);
  if (found != brokers_.end()) found->second.is_draining = !found->second.is_draining;
}

void ShardTable::settle() {
  for (auto& one : brokers_) one.second.is_draining = false;
  for (const auto& one : rows_) one->placed.clear();
}

}  // namespace forkmill::sim
