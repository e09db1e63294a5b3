// PostgresStore: keeps tasks and records in a PostgreSQL database. A commit is one transaction there. commit() returns
// when the server has acknowledged it, which is when the synchronous standby has it (CommitSafety), and not before.
//
// The store belongs to the broker that has raised its epoch last. Each transaction checks that; a broker that finds a
// later epoch fails.
#pragma once

#include <utility>

#include "broker/store/postgres/owned_tasks.h"
#include "broker/store/store.h"

namespace forkmill::broker {

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(PostgresOptions options) : tasks_{std::move(options)} {}

  proto::Result<bool> await() override;
  proto::Result<Identity> open() override;
  proto::Status load(const std::function<void(const TaskSummary&)>& visit) override;
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override;
  proto::Status apply(std::span<const StoreOp> ops) override;
  proto::Status commit(proto::CommitSeq number) override;
  proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) override;
  proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) override;
  // Fail: a backup of the database is a backup of the store.
  proto::Status begin_backup(const std::string& path) override;
  proto::Result<bool> continue_backup() override;
  bool is_shared() const override { return true; }
  proto::Status still_owned() override;
  proto::Result<ClusterView> divide(const ClusterRequest& request) override;
  void hurry() override { tasks_.ownership().hurry(); }
  std::optional<std::uint64_t> free_bytes() override { return std::nullopt; }
  bool durable() const override { return true; }

 private:
  template <class Work>
  proto::Status guarded(const Work& work);

  OwnedTasks tasks_;
  proto::Status status_;
};

}  // namespace forkmill::broker
