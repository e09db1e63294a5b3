// TaskTable, OutcomeTable, ProgressionTable and RecordTable: the rows of one table each. They keep the totals of the
// table in Meta up to date. One thread owns them; they are destroyed before their database. Functions throw StoreError,
// also for a damaged row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/sqlite.h"

namespace forkmill::broker {

// The error text for a damaged row of `file`, and the advice for a `directory` with such rows.
std::string damaged_row(const std::string& file, RowKind kind, std::int64_t seq, std::string_view reason);
std::string way_out_of_damage(const std::string& directory);

// TableAccess: state that the tables of a database share.
struct TableAccess {
  Database& database;
  RowCoder& coder;
  Meta& meta;
  std::string directory;

  // Reads `row` into `record`, which is of the type that RowCoder::decode() takes for this kind of row.
  template <class Record>
  void decode(RowKind kind, proto::TaskSeq seq, std::string_view row, Record& record) {
    if (const auto damage = coder.decode(seq, row, record); !damage.empty()) refuse(kind, seq, damage);
  }
  [[noreturn]] void refuse(RowKind kind, proto::TaskSeq seq, std::string_view damage) const;
};

class TaskTable {
 public:
  explicit TaskTable(TableAccess& access);

  // Adds a row, unless the table has one with this number.
  void add(proto::TaskSeq seq, std::string_view row);
  bool has(proto::TaskSeq seq);
  // Returns whether there was such a row.
  bool remove(proto::TaskSeq seq);
  // Returns whether there is such a row; `put` is set only then.
  bool get(proto::TaskSeq seq, PutTask& put);
  // Calls `visit` for each row from `first` to `last`, by rising number.
  void get_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(PutTask&&)>& visit);
  // Calls `visit` newest first for rows below `before`, until it returns false.
  void scan(proto::TaskSeq before, const std::function<bool(PutTask&&)>& visit);

 private:
  PutTask decode(Statement& statement);  // its columns: seq, row

  TableAccess& access_;
  Statement put_;
  Statement has_;
  Statement get_;
  Statement get_run_;
  Statement remove_;
  Statement scan_;
};

class OutcomeTable {
 public:
  explicit OutcomeTable(TableAccess& access);

  // Adds a row, unless the table has one with this number.
  void add(proto::TaskSeq seq, std::string_view row);
  void remove(proto::TaskSeq seq);
  std::optional<Finish> get(proto::TaskSeq seq);
  // Returns all rows from `first` to `last`, by rising number.
  std::vector<Finish> get_run(proto::TaskSeq first, proto::TaskSeq last);

 private:
  bool is_empty() const { return access_.meta.totals.outcome.rows == 0; }

  TableAccess& access_;
  Statement put_;
  Statement get_;
  Statement get_run_;
  Statement remove_;
};

class ProgressionTable {
 public:
  explicit ProgressionTable(TableAccess& access);

  // Returns the row's checksum; none without a row, and then `progression` is not set.
  std::optional<std::uint32_t> get(proto::TaskSeq seq, ProgressionRow& progression);
  // Writes the row. old: the checksum that get() has returned.
  void put(proto::TaskSeq seq, const ProgressionRow& progression, std::optional<std::uint32_t> old);
  void remove(proto::TaskSeq seq);

 private:
  TableAccess& access_;
  Statement put_;
  Statement get_;
  Statement remove_;
};

class RecordTable {
 public:
  explicit RecordTable(TableAccess& access);

  // Writes the row, in place of one with the same number.
  void put(proto::TaskSeq seq, std::string_view row);
  void erase(proto::TaskSeq seq);

 private:
  // Returns the row's checksum; none without a row.
  std::optional<std::uint32_t> checksum(proto::TaskSeq seq);

  TableAccess& access_;
  Statement put_;
  Statement get_;
  Statement erase_;
};

}  // namespace forkmill::broker
