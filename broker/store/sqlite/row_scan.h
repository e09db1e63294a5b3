// scan_rows: reads every row that tasks are in, checks each, and puts the rows of a task together. scan_records: the
// same for records. Both throw StoreError when the database cannot be read.
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

// Calls `on_task` by rising number for each task whose rows are sound, and `on_damage` for each row that is not, until
// that returns false. What it counted are all rows that it met, damaged or not.
TableTotals scan_rows(Database& database, RowCoder& coder, const std::function<void(const TaskSummary&)>& on_task,
                      const std::function<bool(const RowDamage&)>& on_damage);

// Calls `on_record` by rising number for each record whose row is sound, and `on_damage` as above. What it counted are
// all rows that it met.
Total scan_records(Database& database, RowCoder& coder,
                   const std::function<void(proto::TaskSeq, std::string_view)>& on_record,
                   const std::function<bool(const RowDamage&)>& on_damage);

// In which tables rows are missing or too many, in words; empty when all is as `expected`.
std::vector<std::string> compare(const TableTotals& expected, const TableTotals& found, const std::string& file);
std::vector<std::string> compare_records(const Total& expected, const Total& found, const std::string& file);

}  // namespace forkmill::broker
