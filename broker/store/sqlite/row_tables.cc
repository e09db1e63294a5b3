#include "broker/store/sqlite/row_tables.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace forkmill::broker {

std::string damaged_row(const std::string& file, RowKind kind, std::int64_t seq, std::string_view reason) {
  return file + ": table " + table_name(kind) + ", row " + std::to_string(seq) + " is damaged (" + std::string{reason} +
         ")";
}

std::string way_out_of_damage(const std::string& directory) {
  return ": restore a backup, or set aside what is concerned: forkmill-broker --data " + directory + " --quarantine";
}

void TableAccess::refuse(RowKind kind, proto::TaskSeq seq, std::string_view damage) const {
  throw StoreError{damaged_row(database.path(), kind, static_cast<std::int64_t>(seq.value()), damage) +
                   way_out_of_damage(directory)};
}

// ---- Tasks ----------------------------------------------------------------------------------------------------------

TaskTable::TaskTable(TableAccess& access)
    : access_{access},
      put_{access.database, "INSERT OR IGNORE INTO task (seq, row) VALUES (?1, ?2)"},
      has_{access.database, "SELECT 1 FROM task WHERE seq = ?1"},
      get_{access.database, "SELECT row FROM task WHERE seq = ?1"},
      get_run_{access.database, "SELECT seq, row FROM task WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"},
      remove_{access.database, "DELETE FROM task WHERE seq = ?1"},
      scan_{access.database, "SELECT seq, row FROM task WHERE seq < ?1 ORDER BY seq DESC"} {}

void TaskTable::add(proto::TaskSeq seq, std::string_view row) {
  Meta& meta = access_.meta;
  meta.last_seq = std::max(meta.last_seq, seq);
  if (put_.bind(1, seq.value()).bind_blob(2, row).run()) meta.totals.task.add(row_mark(seq));
}

bool TaskTable::has(proto::TaskSeq seq) {
  Resetting at_the_end{has_};
  return has_.bind(1, seq.value()).step();
}

bool TaskTable::remove(proto::TaskSeq seq) {
  if (!remove_.bind(1, seq.value()).run()) return false;
  access_.meta.totals.task.remove(row_mark(seq));
  return true;
}

bool TaskTable::get(proto::TaskSeq seq, PutTask& put) {
  Resetting at_the_end{get_};
  if (!get_.bind(1, seq.value()).step()) return false;
  access_.decode(RowKind::task, seq, get_.bytes(0), put);
  return true;
}

PutTask TaskTable::decode(Statement& statement) {
  PutTask put;
  const proto::TaskSeq seq{static_cast<std::uint64_t>(statement.number(0))};
  access_.decode(RowKind::task, seq, statement.bytes(1), put);
  return put;
}

void TaskTable::get_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(PutTask&&)>& visit) {
  Resetting at_the_end{get_run_};
  get_run_.bind(1, first.value()).bind(2, last.value());
  while (get_run_.step()) visit(decode(get_run_));
}

void TaskTable::scan(proto::TaskSeq before, const std::function<bool(PutTask&&)>& visit) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  Resetting at_the_end{scan_};
  scan_.bind(1, std::min(before.value(), kMax));
  while (scan_.step())
    if (!visit(decode(scan_))) return;
}

// ---- Outcomes -------------------------------------------------------------------------------------------------------

OutcomeTable::OutcomeTable(TableAccess& access)
    : access_{access},
      put_{access.database, "INSERT OR IGNORE INTO outcome (seq, row) VALUES (?1, ?2)"},
      get_{access.database, "SELECT row FROM outcome WHERE seq = ?1"},
      get_run_{access.database, "SELECT seq, row FROM outcome WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"},
      remove_{access.database, "DELETE FROM outcome WHERE seq = ?1"} {}

void OutcomeTable::add(proto::TaskSeq seq, std::string_view row) {
  if (put_.bind(1, seq.value()).bind_blob(2, row).run()) access_.meta.totals.outcome.add(row_mark(seq));
}

void OutcomeTable::remove(proto::TaskSeq seq) {
  if (!is_empty() && remove_.bind(1, seq.value()).run()) access_.meta.totals.outcome.remove(row_mark(seq));
}

std::optional<Finish> OutcomeTable::get(proto::TaskSeq seq) {
  if (is_empty()) return std::nullopt;
  Resetting at_the_end{get_};
  if (!get_.bind(1, seq.value()).step()) return std::nullopt;
  Finish finish;
  access_.decode(RowKind::outcome, seq, get_.bytes(0), finish);
  return finish;
}

std::vector<Finish> OutcomeTable::get_run(proto::TaskSeq first, proto::TaskSeq last) {
  std::vector<Finish> outcomes;
  if (is_empty()) return outcomes;
  Resetting at_the_end{get_run_};
  get_run_.bind(1, first.value()).bind(2, last.value());
  while (get_run_.step()) {
    const proto::TaskSeq seq{static_cast<std::uint64_t>(get_run_.number(0))};
    access_.decode(RowKind::outcome, seq, get_run_.bytes(1), outcomes.emplace_back());
  }
  return outcomes;
}

// ---- Progressions ---------------------------------------------------------------------------------------------------

ProgressionTable::ProgressionTable(TableAccess& access)
    : access_{access},
      put_{access.database, "INSERT OR REPLACE INTO progression (seq, row) VALUES (?1, ?2)"},
      get_{access.database, "SELECT row FROM progression WHERE seq = ?1"},
      remove_{access.database, "DELETE FROM progression WHERE seq = ?1"} {}

std::optional<std::uint32_t> ProgressionTable::get(proto::TaskSeq seq, ProgressionRow& progression) {
  if (access_.meta.totals.progression.rows == 0) return std::nullopt;
  Resetting at_the_end{get_};
  if (!get_.bind(1, seq.value()).step()) return std::nullopt;
  const std::string_view row = get_.bytes(0);
  access_.decode(RowKind::progression, seq, row, progression);
  return row_checksum(row);
}

void ProgressionTable::put(proto::TaskSeq seq, const ProgressionRow& progression, std::optional<std::uint32_t> old) {
  Total& total = access_.meta.totals.progression;
  if (old) total.remove(row_mark(seq, *old));
  const std::string_view row = access_.coder.encode(seq, progression);
  total.add(row_mark(seq, row_checksum(row)));
  put_.bind(1, seq.value()).bind_blob(2, row).run();
}

void ProgressionTable::remove(proto::TaskSeq seq) {
  ProgressionRow progression;
  const auto checksum = get(seq, progression);
  if (!checksum) return;
  remove_.bind(1, seq.value()).run();
  access_.meta.totals.progression.remove(row_mark(seq, *checksum));
}

// ---- Records --------------------------------------------------------------------------------------------------------

RecordTable::RecordTable(TableAccess& access)
    : access_{access},
      put_{access.database, "INSERT OR REPLACE INTO record (seq, row) VALUES (?1, ?2)"},
      get_{access.database, "SELECT row FROM record WHERE seq = ?1"},
      erase_{access.database, "DELETE FROM record WHERE seq = ?1"} {}

std::optional<std::uint32_t> RecordTable::checksum(proto::TaskSeq seq) {
  if (access_.meta.records.rows == 0) return std::nullopt;
  Resetting at_the_end{get_};
  if (!get_.bind(1, seq.value()).step()) return std::nullopt;
  const std::string_view row = get_.bytes(0);
  std::string_view record;
  access_.decode(RowKind::record, seq, row, record);
  return row_checksum(row);
}

void RecordTable::put(proto::TaskSeq seq, std::string_view row) {
  // A number above all others is new and needs no lookup.
  Meta& meta = access_.meta;
  const auto old = seq > meta.last_seq ? std::nullopt : checksum(seq);
  meta.last_seq = std::max(meta.last_seq, seq);
  if (old) meta.records.remove(row_mark(seq, *old));
  meta.records.add(row_mark(seq, row_checksum(row)));
  put_.bind(1, seq.value()).bind_blob(2, row).run();
}

void RecordTable::erase(proto::TaskSeq seq) {
  const auto old = checksum(seq);
  if (!old) return;
  erase_.bind(1, seq.value()).run();
  access_.meta.records.remove(row_mark(seq, *old));
}

}  // namespace forkmill::broker
