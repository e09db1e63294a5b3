// DatabaseStore: the database of a data directory as a store of its own, as it was before the journal in front of it: a
// commit is in the database and on disk when commit() returns. Tests of the database use it, since behind the journal
// most changes never reach that one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "broker/store/sqlite/sqlite_backup.h"
#include "broker/store/sqlite/task_database.h"
#include "broker/store/store.h"
#include "broker/store/store_error.h"
#include "proto/check.h"

namespace forkmill::broker::test {

class DatabaseStore final : public Store {
 public:
  explicit DatabaseStore(SqliteOptions options);
  ~DatabaseStore() override;

  // Refuses a directory whose database is not complete without a journal in front of it.
  proto::Result<Identity> open() override;
  proto::Status load(const std::function<void(const TaskSummary&)>& visit) override;
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override;
  proto::Status apply(std::span<const StoreOp> ops) override;
  proto::Status commit(proto::CommitSeq number) override;
  proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) override;
  proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) override;
  // continue_backup() does nothing while changes are applied and not committed.
  proto::Status begin_backup(const std::string& path) override;
  proto::Result<bool> continue_backup() override;
  std::optional<std::uint64_t> free_bytes() override;
  bool durable() const override { return true; }

 private:
  template <class Work>
  proto::Status guarded(const Work& work);

  SqliteOptions options_;
  std::unique_ptr<TaskDatabase> database_;
  std::unique_ptr<SqliteBackup> backup_;
  bool started_ = false;
  proto::Status status_;
};

inline DatabaseStore::DatabaseStore(SqliteOptions options) : options_{std::move(options)} {}

inline DatabaseStore::~DatabaseStore() {
  backup_.reset();
  if (!started_ || !status_.ok()) return;
  // Changes that are not committed are dropped. A failure here only makes the next opening slower.
  (void)guarded([this] {
    database_->roll_back();
    database_->checkpoint(true);
  });
}

template <class Work>
proto::Status DatabaseStore::guarded(const Work& work) {
  if (!status_.ok()) return status_;
  try {
    work();
  } catch (const StoreError& error) {
    status_ = error.failure();
  }
  return status_;
}

inline proto::Result<Store::Identity> DatabaseStore::open() {
  FORKMILL_CHECK(database_ == nullptr);
  const auto status = guarded([this] {
    database_ = std::make_unique<TaskDatabase>(options_);
    if (database_->meta().journal_segment != 0)
      throw StoreError{database_->directory().path() + " has a journal in front of its database: let a broker start " +
                       "and stop on it first"};
    database_->head().check(database_->meta().commit);
    database_->start();
    started_ = true;
  });
  if (!status.ok()) return status.failure();
  const Meta& meta = database_->meta();
  return Identity{meta.store, meta.epoch, meta.commit, meta.last_seq};
}

inline proto::Status DatabaseStore::load(const std::function<void(const TaskSummary&)>& visit) {
  return guarded([&] { database_->load(visit); });
}

inline proto::Status DatabaseStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  return guarded([&] { database_->load_records(visit); });
}

inline proto::Status DatabaseStore::apply(std::span<const StoreOp> ops) {
  return guarded([&] {
    database_->begin();
    for (const auto& op : ops) std::visit([this](const auto& one) { database_->tables().apply(one); }, op);
  });
}

inline proto::Status DatabaseStore::commit(proto::CommitSeq number) {
  return guarded([&] {
    FORKMILL_CHECK(number > database_->meta().commit);
    database_->begin();
    database_->meta().commit = number;
    database_->commit();
    if (database_->is_due_for_checkpoint()) database_->checkpoint(false);
  });
}

inline proto::Status DatabaseStore::fetch(std::span<const proto::TaskSeq> seqs,
                                          const std::function<void(StoredTask)>& visit) {
  return guarded([&] { database_->tables().fetch(seqs, visit); });
}

inline proto::Status DatabaseStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { database_->tables().scan(before, visit); });
}

inline proto::Status DatabaseStore::begin_backup(const std::string& path) {
  if (!status_.ok()) return status_;
  return begin_copy(backup_, database_->database(), path, *options_.files);
}

inline proto::Result<bool> DatabaseStore::continue_backup() {
  if (!status_.ok()) return status_.failure();
  if (backup_ && database_->in_transaction()) return false;
  return continue_copy(backup_);
}

inline std::optional<std::uint64_t> DatabaseStore::free_bytes() {
  return database_ ? database_->directory().free_bytes() : std::nullopt;
}

}  // namespace forkmill::broker::test
