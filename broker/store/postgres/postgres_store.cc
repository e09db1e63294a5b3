#include "broker/store/postgres/postgres_store.h"

namespace forkmill::broker {

template <class Work>
proto::Status PostgresStore::guarded(const Work& work) {
  if (!status_.ok()) return status_;
  try {
    work();
  } catch (const StoreError& error) {
    Ownership& ownership = tasks_.ownership();
    status_ = proto::Failure{Errc::unknown, ownership.options().address.shown() + ": " + ownership.explain(error)};
  }
  return status_;
}

proto::Result<bool> PostgresStore::await() {
  bool is_turn = false;
  const auto status = guarded([&] { is_turn = tasks_.await(); });
  if (!status.ok()) return status.failure();
  return is_turn;
}

proto::Result<Store::Identity> PostgresStore::open() {
  ShardRow row;
  const auto status = guarded([&] { row = tasks_.open(); });
  if (!status.ok()) return status.failure();
  return Identity{row.store, row.epoch, row.commit, row.last_seq};
}

proto::Status PostgresStore::load(const std::function<void(const TaskSummary&)>& visit) {
  return guarded([&] { tasks_.load(visit); });
}

proto::Status PostgresStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  return guarded([&] { tasks_.load_records(visit); });
}

proto::Status PostgresStore::apply(std::span<const StoreOp> ops) {
  return guarded([&] { tasks_.apply(ops); });
}

proto::Status PostgresStore::commit(proto::CommitSeq number) {
  return guarded([&] { tasks_.commit(number); });
}

proto::Status PostgresStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  return guarded([&] { tasks_.fetch(seqs, visit); });
}

proto::Status PostgresStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { tasks_.scan(before, visit); });
}

proto::Status PostgresStore::still_owned() {
  return guarded([&] { tasks_.ownership().check(); });
}

proto::Result<ClusterView> PostgresStore::divide(const ClusterRequest& request) {
  const auto& divide = tasks_.ownership().options().divide;
  return divide ? divide(request) : Store::divide(request);
}

proto::Status PostgresStore::begin_backup(const std::string&) {
  return proto::Failure{
      Errc::bad_request,
      "this broker keeps its tasks in PostgreSQL: back up the database there (pg_basebackup, pg_dump)"};
}

proto::Result<bool> PostgresStore::continue_backup() { return true; }

}  // namespace forkmill::broker
