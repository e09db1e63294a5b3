#include "broker/store/sqlite/row_scan.h"

#include <limits>
#include <optional>

namespace forkmill::broker {

namespace {

constexpr std::string_view kOutOfOrder = "it is out of order";
constexpr std::string_view kNoTask = "it has no task";

// Cursor: reads one table row by row.
class Cursor {
 public:
  Cursor(Database& database, RowKind kind)
      : kind_{kind},
        rows_{database, (std::string{"SELECT seq, row FROM "} + table_name(kind) + " ORDER BY seq").c_str()} {
    advance();
  }
  bool at_end() const { return at_end_; }
  RowKind kind() const { return kind_; }
  std::int64_t number() const { return number_; }
  proto::TaskSeq seq() const { return proto::TaskSeq{static_cast<std::uint64_t>(number_)}; }
  bool in_order() const { return in_order_; }
  std::string_view row() const { return row_; }
  void advance() {
    if (at_end_ || !rows_.step()) {
      at_end_ = true;
      return;
    }
    const std::int64_t number = rows_.number(0);
    in_order_ = number > number_;
    number_ = number;
    row_ = rows_.bytes(1);
  }

 private:
  RowKind kind_;
  Statement rows_;
  std::string_view row_;
  std::int64_t number_ = 0;  // lower than every number in use
  bool at_end_ = false;
  bool in_order_ = true;
};

class Scan {
 public:
  Scan(Database& database, RowCoder& coder, const std::function<bool(const RowDamage&)>& on_damage)
      : coder_{coder},
        on_damage_{on_damage},
        tasks_{database, RowKind::task},
        outcomes_{database, RowKind::outcome},
        progressions_{database, RowKind::progression} {}

  TableTotals run(const std::function<void(const TaskSummary&)>& on_task) {
    TaskSummary task;
    for (; going_ && !tasks_.at_end(); tasks_.advance()) {
      totals_.task.add(row_mark(tasks_.seq()));
      const bool sound = read(tasks_, task);
      if (read_rest(tasks_.number(), task) && sound) on_task(task);
    }
    if (going_) read_rest(std::numeric_limits<std::int64_t>::max(), task);
    return totals_;
  }

 private:
  // Reads outcome and progression of task `number`; rows of lower numbers belong to no task. Returns false if damaged.
  bool read_rest(std::int64_t number, TaskSummary& task) {
    bool sound = true;
    task.end.reset();
    for (; going_ && !outcomes_.at_end() && outcomes_.number() <= number; outcomes_.advance()) {
      totals_.outcome.add(row_mark(outcomes_.seq()));
      TaskSummary::End end;
      if (outcomes_.number() < number)
        report(outcomes_, kNoTask);
      else if (sound = read(outcomes_, end); sound)
        task.end = end;
    }
    task.progression = {};
    for (; going_ && !progressions_.at_end() && progressions_.number() <= number; progressions_.advance()) {
      totals_.progression.add(row_mark(progressions_.seq(), row_checksum(progressions_.row())));
      if (progressions_.number() < number)
        report(progressions_, kNoTask);
      else
        sound = read_progression(task) && sound;
    }
    return sound && going_;
  }

  bool read_progression(TaskSummary& task) {
    ProgressionRow row;
    if (!read(progressions_, row)) return false;
    task.progression = row.progression;
    if (row.requeued && task.spec != nullptr) set_queue(task.spec, *row.requeued);
    return true;
  }

  template <class Record>
  bool read(const Cursor& cursor, Record& record) {
    const auto damage = cursor.in_order() ? coder_.decode(cursor.seq(), cursor.row(), record) : kOutOfOrder;
    if (!damage.empty()) report(cursor, damage);
    return damage.empty();
  }
  void report(const Cursor& cursor, std::string_view reason) {
    going_ = going_ && on_damage_({cursor.kind(), cursor.number(), reason});
  }

  RowCoder& coder_;
  const std::function<bool(const RowDamage&)>& on_damage_;
  Cursor tasks_;
  Cursor outcomes_;
  Cursor progressions_;
  TableTotals totals_;
  bool going_ = true;
};

void compare_table(RowKind kind, const Total& expected, const Total& found, const std::string& file,
                   std::vector<std::string>& differences) {
  if (expected == found) return;
  const std::string name = file + ": table " + table_name(kind);
  differences.push_back(expected.rows == found.rows ? name + " has rows other than those that were written"
                                                    : name + " has " + std::to_string(found.rows) + " rows, " +
                                                          std::to_string(expected.rows) + " were written");
}

}  // namespace

TableTotals scan_rows(Database& database, RowCoder& coder, const std::function<void(const TaskSummary&)>& on_task,
                      const std::function<bool(const RowDamage&)>& on_damage) {
  return Scan{database, coder, on_damage}.run(on_task);
}

Total scan_records(Database& database, RowCoder& coder,
                   const std::function<void(proto::TaskSeq, std::string_view)>& on_record,
                   const std::function<bool(const RowDamage&)>& on_damage) {
  Total total;
  bool going = true;
  for (Cursor rows{database, RowKind::record}; going && !rows.at_end(); rows.advance()) {
    total.add(row_mark(rows.seq(), row_checksum(rows.row())));
    std::string_view record;
    const auto damage = rows.in_order() ? coder.decode(rows.seq(), rows.row(), record) : kOutOfOrder;
    if (damage.empty())
      on_record(rows.seq(), record);
    else
      going = on_damage({rows.kind(), rows.number(), damage});
  }
  return total;
}

std::vector<std::string> compare(const TableTotals& expected, const TableTotals& found, const std::string& file) {
  std::vector<std::string> differences;
  compare_table(RowKind::task, expected.task, found.task, file, differences);
  compare_table(RowKind::outcome, expected.outcome, found.outcome, file, differences);
  compare_table(RowKind::progression, expected.progression, found.progression, file, differences);
  return differences;
}

std::vector<std::string> compare_records(const Total& expected, const Total& found, const std::string& file) {
  std::vector<std::string> differences;
  compare_table(RowKind::record, expected, found, file, differences);
  return differences;
}

}  // namespace forkmill::broker
