// Meta: the state of the database as a whole, in one row that every commit rewrites. Functions throw StoreError.
#pragma once

#include <cstdint>
#include <string>

#include "broker/store/sqlite/sqlite.h"
#include "proto/ids.h"

namespace forkmill::broker {

// Total: the number of rows of a table and the sum of their marks. Together they reveal rows that disappeared and rows
// that came back.
struct Total {
  std::uint64_t rows = 0;
  std::uint64_t marks = 0;
  void add(std::uint64_t mark) {
    ++rows;
    marks += mark;
  }
  void remove(std::uint64_t mark) {
    --rows;
    marks -= mark;
  }
  friend bool operator==(const Total&, const Total&) = default;
};

// Returns the mark of a row that never changes, and of one that does.
std::uint64_t row_mark(proto::TaskSeq seq);
std::uint64_t row_mark(proto::TaskSeq seq, std::uint32_t checksum);

// TableTotals: the totals of the three tables that hold tasks.
struct TableTotals {
  Total task;
  Total outcome;
  Total progression;
  friend bool operator==(const TableTotals&, const TableTotals&) = default;
};

struct Meta {
  std::string store;         // the id of the store
  std::uint64_t writes = 0;  // transactions of any kind since the store was created
  proto::Epoch epoch;
  proto::CommitSeq commit;
  proto::TaskSeq last_seq;
  TableTotals totals;
  Total records;
  // The journal in front of the database: the first segment that the database does not contain, and the key of its
  // frames. 0: the database contains everything.
  std::uint64_t journal_segment = 0;
  std::uint64_t journal_key = 0;
};

// Begins a new epoch, which fences off every earlier opener of the store once it is committed. The task numbers of a
// store that was opened before continue after a gap (Store::Identity::last_seq).
void raise_epoch(Meta& meta);

// MetaTable: reads, checks and writes the row.
class MetaTable {
 public:
  explicit MetaTable(Database& database);
  Meta read();
  void insert(const Meta& meta);
  // Throws StoreError if the epoch in the database is not `epoch`: another broker has opened it.
  void update(const Meta& meta, proto::Epoch epoch);

 private:
  void bind(Statement& statement, const Meta& meta);

  Database& database_;
  Statement read_;
  Statement insert_;
  Statement update_;
};

}  // namespace forkmill::broker
