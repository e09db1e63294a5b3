// JournalStore: keeps tasks and records in a data directory. A commit is in the journal and on disk when commit()
// returns; the database follows behind it (segment_cycle.h). Most tasks end while the journal has them, and the
// database never sees them.
//
// open() brings the database up to the journal that it finds, and the destructor up to the last commit; a closed store
// has all in its database.
#pragma once

#include <memory>
#include <string>

#include "broker/store/journal/overlay.h"
#include "broker/store/journal/segment_cycle.h"
#include "broker/store/sqlite/sqlite_backup.h"
#include "broker/store/sqlite/task_database.h"
#include "broker/store/store.h"

namespace forkmill::broker {

struct JournalOptions {
  SqliteOptions database;
  std::uint64_t key = 0;                               // begins the CRC of each frame of this opening; unpredictable
  std::uint64_t segment_bytes = 256ULL * 1024 * 1024;  // a segment has less if the disk has little room
  BackupExtras backup{};
  std::size_t step_changes = 2048;  // that backups and make_room() move at a time, about; at least 1
};

class JournalStore final : public Store {
 public:
  explicit JournalStore(JournalOptions options);
  ~JournalStore() override;

  proto::Result<Identity> open() override;
  proto::Status load(const std::function<void(const TaskSummary&)>& visit) override;
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override;
  proto::Status apply(std::span<const StoreOp> ops) override;
  proto::Status commit(proto::CommitSeq number) override;
  proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) override;
  proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) override;
  // continue_backup() brings the database up to the last commit before each of its steps. It does nothing while changes
  // are applied and not committed.
  proto::Status begin_backup(const std::string& path) override;
  proto::Result<bool> continue_backup() override;
  // Extends the files of the journal to their later length, unless the disk is nearly full.
  proto::Result<bool> prepare() override;
  std::uint64_t written_bytes() const override;
  std::optional<std::uint64_t> free_bytes() override;
  std::uint64_t reusable_bytes() override;
  // Does nothing while changes are applied and not committed.
  proto::Result<bool> make_room() override;
  bool durable() const override { return true; }

 private:
  template <class Work>
  proto::Status guarded(const Work& work);

  void apply(const PutTask& op);
  void apply(const Reschedule& op);
  void apply(const Dispatch& op);
  void apply(const Requeue& op);
  void apply(const Finish& op);
  void apply(const Forget& op);
  void apply(const PutRecord& op);
  void apply(const EraseRecord& op);
  // Adds a record, unless it would change nothing.
  void change(const JournalRecord& record);

  JournalOptions options_;
  std::unique_ptr<TaskDatabase> database_;
  std::unique_ptr<SegmentCycle> cycle_;
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<SqliteBackup> backup_;
  RowCoder coder_;
  proto::Status status_;
};

}  // namespace forkmill::broker
