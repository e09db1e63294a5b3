#include "broker/store/sqlite/sqlite_store.h"

#include "proto/check.h"

namespace forkmill::broker {

SqliteStore::SqliteStore(SqliteOptions options) : options_{std::move(options)} {}

SqliteStore::~SqliteStore() {
  backup_.reset();
  if (!started_ || !status_.ok()) return;
  // Changes that are not committed are dropped. A failure here only makes the next opening slower.
  (void)guarded([this] {
    database_->roll_back();
    database_->checkpoint(true);
  });
}

template <class Work>
proto::Status SqliteStore::guarded(const Work& work) {
  if (!status_.ok()) return status_;
  try {
    work();
  } catch (const StoreError& error) {
    status_ = error.failure();
  }
  return status_;
}

proto::Result<Store::Identity> SqliteStore::open() {
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

proto::Status SqliteStore::load(const std::function<void(const TaskSummary&)>& visit) {
  return guarded([&] { database_->load(visit); });
}

proto::Status SqliteStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  return guarded([&] { database_->load_records(visit); });
}

proto::Status SqliteStore::apply(std::span<const StoreOp> ops) {
  return guarded([&] {
    database_->begin();
    for (const auto& op : ops) std::visit([this](const auto& one) { database_->tables().apply(one); }, op);
  });
}

proto::Status SqliteStore::commit(proto::CommitSeq number) {
  return guarded([&] {
    FORKMILL_CHECK(number > database_->meta().commit);
    database_->begin();
    database_->meta().commit = number;
    database_->commit();
    if (database_->is_due_for_checkpoint()) database_->checkpoint(false);
  });
}

proto::Status SqliteStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  return guarded([&] { database_->tables().fetch(seqs, visit); });
}

proto::Status SqliteStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { database_->tables().scan(before, visit); });
}

proto::Status SqliteStore::begin_backup(const std::string& path) {
  if (!status_.ok()) return status_;
  return begin_copy(backup_, database_->database(), path, *options_.files);
}

proto::Result<bool> SqliteStore::continue_backup() {
  if (!status_.ok()) return status_.failure();
  if (backup_ && database_->in_transaction()) return false;
  return continue_copy(backup_);
}

proto::Result<bool> SqliteStore::prepare() {
  constexpr std::size_t kPiece = 256 * 1024;  // a commit behind it waits for less than a millisecond
  constexpr std::uint64_t kRoom = 16;         // the disk must have room for this many journals
  bool more = false;
  const auto status = guarded([&] {
    const auto room = free_bytes();
    if (database_->in_transaction() || (room && *room < kRoom * options_.checkpoint_bytes)) return;
    // Each frame has a header of 24 bytes besides its page.
    more = database_->database().lengthen_journal(options_.checkpoint_bytes + options_.checkpoint_bytes / 128, kPiece);
  });
  if (!status.ok()) return status.failure();
  return more;
}

std::optional<std::uint64_t> SqliteStore::free_bytes() {
  return database_ ? database_->directory().free_bytes() : std::nullopt;
}

}  // namespace forkmill::broker
