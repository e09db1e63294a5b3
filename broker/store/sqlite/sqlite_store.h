// SqliteStore: keeps tasks and records in a data directory, safe against crashes of the process and of the machine: a
// commit is in the database and on disk when commit() returns. open() and load() refuse a store with damaged or missing
// data and say what is wrong; nothing is lost silently. The broker uses it behind a journal: broker/store/journal.
//
// The directory belongs to one store at a time. The destructor closes the database; after a crash the next open() reads
// the journal.
#pragma once

#include <memory>
#include <string>

#include "broker/store/sqlite/sqlite_backup.h"
#include "broker/store/sqlite/task_database.h"
#include "broker/store/store.h"

namespace forkmill::broker {

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(SqliteOptions options);
  ~SqliteStore() override;

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
  // Extends the journal to the length that it reaches before a checkpoint, unless the disk is nearly full.
  proto::Result<bool> prepare() override;
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

}  // namespace forkmill::broker
