#include "broker/store/sqlite/task_database.h"

#include <algorithm>
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
    : checkpoint_bytes_{options.checkpoint_bytes},
      directory_{options.directory, DataDir::Missing::create, *options.files} {
  FileSystem& files = directory_.files();
  if (!directory_.has_database()) create_database(directory_, options.new_id);
  directory_.make_names_safe();
  database_ = open_database(directory_.database(), Database::Open::existing, files);
  page_bytes_ = static_cast<std::size_t>(database_->number("PRAGMA page_size"));
  meta_table_ = std::make_unique<MetaTable>(*database_);
  head_reading_ = Head::read(files, directory_.head());
  if (!head_reading_.exists && database_->number("SELECT count(*) FROM meta") == 0) {
    meta_.store = options.new_id;
    meta_table_->insert(meta_);
  }
  meta_ = meta_table_->read();
  epoch_in_database_ = meta_.epoch;
  tables_ = std::make_unique<Tables>(*database_, coder_, meta_, directory_.path());
}

void TaskDatabase::check_head(proto::CommitSeq last) {
  FileSystem& files = directory_.files();
  Meta known = meta_;
  known.commit = last;
  if (const std::string text = Head::missing(head_reading_, known, directory_.path()); !text.empty())
    throw StoreError{text};
  if (!head_reading_.exists) Head::create(files, directory_.head(), Head::Record::of(meta_));
  directory_.make_names_safe();
  head_ = std::make_unique<Head>(files, directory_.head());
  if (head_reading_.record) head_->renew(*head_reading_.record);
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
  write_head(std::max(last_, meta_.commit), std::max(last_seq_, meta_.last_seq));
}

bool TaskDatabase::is_due_for_checkpoint() const {
  return !in_transaction_ && database_->journal_pages() * page_bytes_ >= checkpoint_bytes_;
}

void TaskDatabase::write_head(proto::CommitSeq last, proto::TaskSeq last_seq) {
  last_ = last;
  last_seq_ = last_seq;
  Head::Record record = Head::Record::of(meta_);
  record.commit = last;
  record.last_seq = last_seq;
  head_->write(record);
}

void TaskDatabase::checkpoint(bool empty) {
  database_->checkpoint(empty);
  head_->sync();
}

void TaskDatabase::load(const std::function<void(const TaskSummary&)>& visit) {
  const TableTotals found =
      scan_rows(*database_, coder_, visit, [this](const RowDamage& damage) -> bool { refuse(damage); });
  refuse(compare(meta_.totals, found, database_->path()));
}

void TaskDatabase::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  const Total found =
      scan_records(*database_, coder_, visit, [this](const RowDamage& damage) -> bool { refuse(damage); });
  refuse(compare_records(meta_.records, found, database_->path()));
}

void TaskDatabase::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
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
}

void TaskDatabase::refuse(const RowDamage& damage) const {
  throw StoreError{damaged_row(database_->path(), damage.kind, damage.seq, damage.reason) +
                   way_out_of_damage(directory_.path())};
}

void TaskDatabase::refuse(const std::vector<std::string>& differences) const {
  if (!differences.empty()) throw StoreError{joined(differences) + way_out_of_damage(directory_.path())};
}

}  // namespace forkmill::broker
