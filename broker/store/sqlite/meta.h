// Meta: what the database says of itself, in one row that every commit writes anew. Functions throw StoreError.
#pragma once

#include <cstdint>
#include <string>

#include "broker/store/sqlite/sqlite.h"
#include "proto/ids.h"

namespace forkmill::broker {

// How many rows a table has, and a sum over their marks: together they find rows that went missing and rows that came
// back.
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

// Of a row that never changes, and of one that does.
std::uint64_t row_mark(proto::TaskSeq seq);
std::uint64_t row_mark(proto::TaskSeq seq, std::uint32_t checksum);

// Of the tables that tasks are in.
struct TableTotals {
  Total task;
  Total outcome;
  Total progression;
  friend bool operator==(const TableTotals&, const TableTotals&) = default;
};

struct Meta {
  std::string store;         // its id
  std::uint64_t writes = 0;  // transactions since it was made, of whatever kind
  proto::Epoch epoch;
  proto::CommitSeq commit;
  proto::TaskSeq last_seq;
  TableTotals totals;
  Total records;
};

// Writes the row, and reads it and checks it.
class MetaTable {
 public:
  explicit MetaTable(Database& database);
  Meta read();
  void insert(const Meta& meta);
  // Refuses when the epoch in the database is not `epoch`: another broker has opened it.
  void update(const Meta& meta, proto::Epoch epoch);

 private:
  void bind(Statement& statement, const Meta& meta);

  Database& database_;
  Statement read_;
  Statement insert_;
  Statement update_;
};

}  // namespace forkmill::broker
