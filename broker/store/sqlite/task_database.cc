#include "broker/store/sqlite/task_database.h"

#include <cerrno>

#include "broker/store/sqlite/schema.h"
#include "broker/store/sqlite/sqlite_backup.h"

namespace forkmill::broker {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

[[noreturn]] void refuse_row(const DataDir& directory, const RowDamage& damage) {
  throw StoreError{damaged_row(directory.database(), damage.kind, damage.seq, damage.reason) +
                   way_out_of_damage(directory.path())};
}

// Does nothing if there are no differences.
void refuse_totals(const DataDir& directory, const std::vector<std::string>& differences) {
  if (!differences.empty()) throw StoreError{joined(differences) + way_out_of_damage(directory.path())};
}

// Creates the database of a new store. It gets its name when it is complete, since SQLite's recovery of a half-made one
// can leave files that look like those of a store in use. Removes what a killed start of an earlier version has left.
void create_database(const DataDir& directory, const std::string& id) {
  FileSystem& files = directory.files();
  const std::string partial = directory.database() + ".new";
  remove_database(files, partial);
  {
    const auto database = open_database(partial, Database::Open::create, files);
    Meta meta;
    meta.store = id;
    MetaTable{*database}.insert(meta);
    database->checkpoint(true);
  }
  if (!files.remove(partial + "-wal")) throw_system_error(partial + "-wal cannot be removed", errno);
  if (remove_database(files, directory.database())) directory.make_names_safe();
  publish_file(files, partial, directory.database());
}

}  // namespace

TaskDatabase::TaskDatabase(const SqliteOptions& options)
    : directory_{options.directory, DataDir::Missing::create, *options.files} {
  FileSystem& files = directory_.files();
  if (!directory_.has_database()) create_database(directory_, options.new_id);
  directory_.make_names_safe();
  database_ = open_database(directory_.database(), Database::Open::existing, files);
  const auto page_bytes = static_cast<std::uint64_t>(database_->number("PRAGMA page_size"));
  checkpoint_pages_ = options.checkpoint_bytes / page_bytes + (options.checkpoint_bytes % page_bytes != 0 ? 1 : 0);
  meta_table_ = std::make_unique<MetaTable>(*database_);
  head_ = std::make_unique<HeadKeeper>(directory_, meta_);
  if (!head_->existed() && database_->number("SELECT count(*) FROM meta") == 0) {
    meta_.store = options.new_id;
    meta_table_->insert(meta_);
  }
  meta_ = meta_table_->read();
  epoch_in_database_ = meta_.epoch;
  tables_ = std::make_unique<Tables>(*database_, coder_, meta_, directory_.path());
}

void TaskDatabase::start() {
  begin();
  raise_epoch(meta_);
  commit();
  if (is_due_for_checkpoint()) database_->checkpoint(false);
  head_->sync();
}

void TaskDatabase::begin() {
  if (in_transaction_) return;
  database_->run("BEGIN IMMEDIATE");
  in_transaction_ = true;
}

void TaskDatabase::roll_back() {
  if (in_transaction_) database_->run("ROLLBACK");
  in_transaction_ = false;
}

void TaskDatabase::commit() {
  ++meta_.writes;
  meta_table_->update(meta_, epoch_in_database_);
  database_->run("COMMIT");
  in_transaction_ = false;
  epoch_in_database_ = meta_.epoch;
  head_->follow();
}

bool TaskDatabase::is_due_for_checkpoint() const {
  return !in_transaction_ && database_->journal_pages() >= checkpoint_pages_;
}

void TaskDatabase::checkpoint(bool empty) {
  database_->checkpoint(empty);
  head_->sync();
}

void TaskDatabase::load(const std::function<void(const TaskSummary&)>& visit) {
  const TableTotals found =
      scan_rows(*database_, coder_, visit, [this](const RowDamage& damage) -> bool { refuse_row(directory_, damage); });
  refuse_totals(directory_, compare(meta_.totals, found, database_->path()));
}

void TaskDatabase::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  const Total found = scan_records(*database_, coder_, visit,
                                   [this](const RowDamage& damage) -> bool { refuse_row(directory_, damage); });
  refuse_totals(directory_, compare_records(meta_.records, found, database_->path()));
}

}  // namespace forkmill::broker
