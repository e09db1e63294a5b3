// Tables: writes StoreOps as rows, and reads rows back as tasks. One thread owns the object; it is destroyed before its
// database. Functions throw StoreError.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/row_tables.h"

namespace forkmill::broker {

class Tables {
 public:
  // Keeps the totals and the last number of `meta` up to date with every write.
  Tables(Database& database, RowCoder& coder, Meta& meta, std::string directory);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  void apply(const PutTask& op);
  void apply(const Reschedule& op);
  void apply(const Dispatch& op);
  void apply(const Requeue& op);
  void apply(const Finish& op);
  void apply(const Forget& op);
  void apply(const PutRecord& op);
  void apply(const EraseRecord& op);

  // Add a row that a RowCoder made, as apply() of its PutTask, Finish or PutRecord would.
  void add_task(proto::TaskSeq seq, std::string_view row) { tasks_.add(seq, row); }
  void add_outcome(proto::TaskSeq seq, std::string_view row) {
    if (has_task(seq)) outcomes_.add(seq, row);
  }
  void put_record(proto::TaskSeq seq, std::string_view row) { records_.put(seq, row); }

  bool has_task(proto::TaskSeq seq) { return tasks_.has(seq); }
  std::optional<StoredTask> fetch(proto::TaskSeq seq);
  // Calls `visit` for each existing task of `seqs`, in that order.
  void fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit);
  // Calls `visit` newest first until it returns false. `visit` may call the other functions.
  void scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit);

 private:
  // Calls `visit` for each existing task from `first` to `last`. Cheaper than fetch() for each.
  void fetch_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(StoredTask)>& visit);
  void change_progression(proto::TaskSeq seq, const std::function<void(ProgressionRow&)>& change);
  // Adds progression and outcome to a task.
  void read_rest(StoredTask& task);
  void read_progression(StoredTask& task);

  TableAccess access_;
  TaskTable tasks_{access_};
  OutcomeTable outcomes_{access_};
  ProgressionTable progressions_{access_};
  RecordTable records_{access_};
};

}  // namespace forkmill::broker
