#include "broker/store/sqlite/sqlite_store.h"

#include "broker/store/sqlite/schema.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options) : options_{std::move(options)} {}

SqliteStore::~SqliteStore() {
  backup_.reset();
  if (!head_ || !status_.ok()) return;
  // Changes that are not committed are dropped. A failure here only makes the next opening slower.
  (void)guarded([this] {
    if (in_transaction_) database_->run("ROLLBACK");
    checkpoint(true);
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
  FORKMILL_CHECK(!directory_);
  const auto status = guarded([this] {
    FileSystem& files = *options_.files;
    directory_ = std::make_unique<DataDir>(options_.directory, DataDir::Missing::create, files);
    const bool existing = directory_->has_database();
    if (!existing) directory_->make_database();
    database_ =
        open_database(directory_->database(), existing ? Database::Open::existing : Database::Open::create, files);
    page_bytes_ = static_cast<std::size_t>(database_->number("PRAGMA page_size"));
    meta_table_ = std::make_unique<MetaTable>(*database_);
    const Head::Reading head = Head::read(files, directory_->head());
    if (!head.exists && database_->number("SELECT count(*) FROM meta") == 0) {
      meta_.store = options_.new_id;
      meta_table_->insert(meta_);
    }
    meta_ = meta_table_->read();
    if (const std::string text = Head::missing(head, meta_, directory_->path()); !text.empty()) throw StoreError{text};
    if (!head.exists) Head::create(files, directory_->head(), Head::Record::of(meta_));
    directory_->make_names_safe();
    head_ = std::make_unique<Head>(files, directory_->head());
    if (head.record) head_->renew(*head.record);
    tables_ = std::make_unique<Tables>(*database_, coder_, meta_, directory_->path());

    begin();
    epoch_in_database_ = meta_.epoch;
    raise_epoch(meta_);
    write_down();
    head_->sync();
  });
  if (!status.ok()) return status.failure();
  return Identity{meta_.store, meta_.epoch, meta_.commit, meta_.last_seq};
}

proto::Status SqliteStore::load(const std::function<void(const TaskSummary&)>& visit) {
  return guarded([&] {
    const TableTotals found =
        scan_rows(*database_, coder_, visit, [this](const RowDamage& damage) -> bool { refuse(damage); });
    refuse(compare(meta_.totals, found, database_->path()));
  });
}

proto::Status SqliteStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  return guarded([&] {
    const Total found =
        scan_records(*database_, coder_, visit, [this](const RowDamage& damage) -> bool { refuse(damage); });
    refuse(compare_records(meta_.records, found, database_->path()));
  });
}

void SqliteStore::refuse(const RowDamage& damage) const {
  throw StoreError{damaged_row(database_->path(), damage.kind, damage.seq, damage.reason) +
                   way_out_of_damage(directory_->path())};
}

void SqliteStore::refuse(const std::vector<std::string>& differences) const {
  if (!differences.empty()) throw StoreError{joined(differences) + way_out_of_damage(directory_->path())};
}

void SqliteStore::begin() {
  if (in_transaction_) return;
  database_->run("BEGIN IMMEDIATE");
  in_transaction_ = true;
}

proto::Status SqliteStore::apply(std::span<const StoreOp> ops) {
  return guarded([&] {
    begin();
    for (const auto& op : ops) std::visit([this](const auto& one) { tables_->apply(one); }, op);
  });
}

void SqliteStore::write_down() {
  ++meta_.writes;
  meta_table_->update(meta_, epoch_in_database_);
  database_->run("COMMIT");
  in_transaction_ = false;
  epoch_in_database_ = meta_.epoch;
  head_->write(Head::Record::of(meta_));
}

void SqliteStore::checkpoint(bool empty) {
  database_->checkpoint(empty);
  head_->sync();
}

proto::Status SqliteStore::commit(proto::CommitSeq number) {
  return guarded([&] {
    FORKMILL_CHECK(number > meta_.commit);
    begin();
    meta_.commit = number;
    write_down();
    if (database_->journal_pages() * page_bytes_ >= options_.checkpoint_bytes) checkpoint(false);
  });
}

proto::Status SqliteStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  return guarded([&] {
    constexpr std::size_t kRun = 4;  // from this many neighbours on, a range query is cheaper
    for (std::size_t begin = 0, end = 1; begin < seqs.size(); begin = end++) {
      while (end < seqs.size() && seqs[end] == seqs[end - 1].next()) ++end;
      if (end - begin >= kRun) {
        tables_->fetch_run(seqs[begin], seqs[end - 1], visit);
        continue;
      }
      for (const proto::TaskSeq seq : seqs.subspan(begin, end - begin))
        if (auto task = tables_->fetch(seq)) visit(std::move(*task));
    }
  });
}

proto::Status SqliteStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  return guarded([&] { tables_->scan(before, visit); });
}

proto::Status SqliteStore::begin_backup(const std::string& path) {
  if (!status_.ok()) return status_;
  if (backup_) return proto::Failure{Errc::bad_request, "a backup is under way already: wait until it is complete"};
  try {
    backup_ = std::make_unique<SqliteBackup>(*database_, path, *options_.files);
  } catch (const StoreError& error) {
    return proto::Failure{Errc::bad_request, error.what()};
  }
  return {};
}

proto::Result<bool> SqliteStore::continue_backup() {
  if (!status_.ok()) return status_.failure();
  if (!backup_) return proto::Failure{Errc::bad_request, "no backup is under way"};
  if (in_transaction_) return false;
  try {
    if (!backup_->advance()) return false;
    backup_.reset();
    return true;
  } catch (const StoreError& error) {
    backup_.reset();
    return error.failure();
  }
}

proto::Result<bool> SqliteStore::prepare() {
  constexpr std::size_t kPiece = 256 * 1024;  // a commit behind it waits for less than a millisecond
  constexpr std::uint64_t kRoom = 16;         // the disk must have room for this many journals
  bool more = false;
  const auto status = guarded([&] {
    const auto room = free_bytes();
    if (in_transaction_ || (room && *room < kRoom * options_.checkpoint_bytes)) return;
    // Each frame has a header of 24 bytes besides its page.
    more = database_->lengthen_journal(options_.checkpoint_bytes + options_.checkpoint_bytes / 128, kPiece);
  });
  if (!status.ok()) return status.failure();
  return more;
}

std::optional<std::uint64_t> SqliteStore::free_bytes() { return directory_ ? directory_->free_bytes() : std::nullopt; }

}  // namespace forkmill::broker
