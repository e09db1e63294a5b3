// Tables: writes StoreOps as rows, and reads rows back as tasks. One thread owns the object; it is destroyed before its
// database. Functions throw StoreError.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"

namespace forkmill::broker {

// The error text for a damaged row of `file`, and the advice for a `directory` with such rows.
std::string damaged_row(const std::string& file, RowKind kind, std::int64_t seq, std::string_view reason);
std::string way_out_of_damage(const std::string& directory);

class Tables {
 public:
  // Keeps the totals and the last number of `meta` up to date with every write.
  Tables(Database& database, RowCoder& coder, Meta& meta, std::string directory);

  void apply(const PutTask& op);
  void apply(const Reschedule& op);
  void apply(const Dispatch& op);
  void apply(const Finish& op);
  void apply(const Forget& op);
  void apply(const PutRecord& op);
  void apply(const EraseRecord& op);

  // Add a row that a RowCoder made, as apply() of its PutTask, Finish or PutRecord would.
  void add_task(proto::TaskSeq seq, std::string_view row);
  void add_outcome(proto::TaskSeq seq, std::string_view row);
  void put_record(proto::TaskSeq seq, std::string_view row);

  bool has_task(proto::TaskSeq seq);
  std::optional<StoredTask> fetch(proto::TaskSeq seq);
  // Calls `visit` for each existing task from `first` to `last`. Cheaper than fetch() for each.
  void fetch_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(StoredTask)>& visit);
  // Calls `visit` newest first until it returns false. `visit` may call the other functions.
  void scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit);

 private:
  // Returns the row's checksum; none without a row.
  std::optional<std::uint32_t> read_progression(proto::TaskSeq seq, Progression& progression);
  void write_progression(proto::TaskSeq seq, const std::function<void(Progression&)>& change);
  // Returns the row's checksum; none without a row.
  std::optional<std::uint32_t> read_record(proto::TaskSeq seq);
  void read_rest(StoredTask& task);
  std::vector<Finish> read_outcomes(proto::TaskSeq first, proto::TaskSeq last);
  Finish decode_outcome(proto::TaskSeq seq, std::string_view row);
  void decode_task(proto::TaskSeq seq, std::string_view row, PutTask& put);
  [[noreturn]] void damaged(RowKind kind, proto::TaskSeq seq, std::string_view reason) const;

  Database& database_;
  RowCoder& coder_;
  Meta& meta_;
  std::string directory_;
  Statement put_task_;
  Statement has_task_;
  Statement get_task_;
  Statement get_task_run_;
  Statement forget_task_;
  Statement scan_tasks_;
  Statement put_outcome_;
  Statement get_outcome_;
  Statement get_outcome_run_;
  Statement forget_outcome_;
  Statement put_progression_;
  Statement get_progression_;
  Statement forget_progression_;
  Statement put_record_;
  Statement get_record_;
  Statement erase_record_;
};

}  // namespace forkmill::broker
