// Full scans of the database. scan_rows reads and checks every row of the task tables and joins the rows of each task;
// scan_records does so for records. Both throw StoreError if the database cannot be read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/store/sqlite/meta.h"
#include "broker/store/sqlite/row.h"

namespace forkmill::broker {

struct RowDamage {
  RowKind kind;
  std::int64_t seq;
  std::string_view reason;
};

// Calls `on_task` by rising number for each task whose rows are intact, and `on_damage` for each damaged row. Stops
// when `on_damage` returns false. Returns the totals of all rows seen, damaged or not.
TableTotals scan_rows(Database& database, RowCoder& coder, const std::function<void(const TaskSummary&)>& on_task,
                      const std::function<bool(const RowDamage&)>& on_damage);

// Calls `on_record` by rising number for each record whose row is intact, and `on_damage` as above. Returns the total
// of all rows seen.
Total scan_records(Database& database, RowCoder& coder,
                   const std::function<void(proto::TaskSeq, std::string_view)>& on_record,
                   const std::function<bool(const RowDamage&)>& on_damage);

// Describe the tables that have too few or too many rows; empty if `found` equals `expected`.
std::vector<std::string> compare(const TableTotals& expected, const TableTotals& found, const std::string& file);
std::vector<std::string> compare_records(const Total& expected, const Total& found, const std::string& file);

}  // namespace forkmill::broker
