// SqliteStore: keeps tasks and records in a data directory, safe against crashes of the process and of the machine: a
// commit is on disk when commit() returns. open() and load() refuse a store with damaged or missing data and say what
// is wrong; nothing is lost silently.
//
// The directory belongs to one store at a time. The destructor closes the database; after a crash the next open() reads
// the journal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/file_system.h"
#include "broker/store/sqlite/head.h"
#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/row_scan.h"
#include "broker/store/sqlite/sqlite_backup.h"
#include "broker/store/sqlite/tables.h"
#include "broker/store/store.h"

namespace forkmill::broker {

struct SqliteOptions {
  std::string directory;
  std::string new_id;                                    // id of a store that open() creates; unpredictable
  std::uint64_t checkpoint_bytes = 48ULL * 1024 * 1024;  // journal size at which it is copied into the database
  FileSystem* files = &system_files();                   // never null; outlives the store
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(SqliteOptions options);
  ~SqliteStore() override;

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
  // Extends the journal to the length that it reaches before a checkpoint, unless the disk is nearly full.
  proto::Result<bool> prepare() override;
  std::optional<std::uint64_t> free_bytes() override;
  bool durable() const override { return true; }

 private:
  template <class Work>
  proto::Status guarded(const Work& work);
  [[noreturn]] void refuse(const RowDamage& damage) const;
  void refuse(const std::vector<std::string>& differences) const;  // does nothing if there are none
  void begin();
  void write_down();  // writes meta, commits, writes head
  void checkpoint(bool empty);

  SqliteOptions options_;
  std::unique_ptr<DataDir> directory_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<MetaTable> meta_table_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<SqliteBackup> backup_;
  RowCoder coder_;
  Meta meta_;
  proto::Epoch epoch_in_database_;
  std::size_t page_bytes_ = 0;
  bool in_transaction_ = false;
  proto::Status status_;
};

}  // namespace forkmill::broker
