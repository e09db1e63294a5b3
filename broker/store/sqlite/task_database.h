// TaskDatabase: the database of a data directory and the head beside it, as a store uses them: opening, transactions,
// full reads. Changes go through tables() between begin() and commit(). Functions throw StoreError.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/file_system.h"
#include "broker/store/sqlite/head.h"
#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/row_scan.h"
#include "broker/store/sqlite/tables.h"
#include "broker/store/store.h"

namespace forkmill::broker {

struct SqliteOptions {
  std::string directory;
  std::string new_id;                                    // id of a store that open() creates; unpredictable
  std::uint64_t checkpoint_bytes = 16ULL * 1024 * 1024;  // journal size at which it is copied into the database
  FileSystem* files = &system_files();                   // never null; outlives the store
};

class TaskDatabase {
 public:
  // Locks the directory, opens the files or creates them, and reads meta and head. Changes no task. Call head().check()
  // next, and then start().
  explicit TaskDatabase(const SqliteOptions& options);
  TaskDatabase(const TaskDatabase&) = delete;
  TaskDatabase& operator=(const TaskDatabase&) = delete;

  // Begins a new epoch and commits it together with everything written since begin().
  void start();

  void begin();  // does nothing if a transaction is open
  bool in_transaction() const { return in_transaction_; }
  void roll_back();
  // Commits the open transaction with meta(), so that it is on disk.
  void commit();
  // Returns whether the database's own journal is long and can be copied into the database now.
  bool is_due_for_checkpoint() const;
  void checkpoint(bool empty);

  void load(const std::function<void(const TaskSummary&)>& visit);
  void load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit);

  Meta& meta() { return meta_; }
  HeadKeeper& head() { return *head_; }
  Tables& tables() { return *tables_; }
  Database& database() { return *database_; }
  DataDir& directory() { return directory_; }

 private:
  DataDir directory_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<MetaTable> meta_table_;
  RowCoder coder_;
  Meta meta_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<HeadKeeper> head_;
  proto::Epoch epoch_in_database_;
  std::uint64_t checkpoint_pages_ = 0;  // length of the database's journal at which it is copied
  bool in_transaction_ = false;
};

}  // namespace forkmill::broker
