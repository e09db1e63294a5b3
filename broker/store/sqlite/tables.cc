#include "broker/store/sqlite/tables.h"

#include <algorithm>
#include <limits>

namespace forkmill::broker {

std::string damaged_row(const std::string& file, RowKind kind, std::int64_t seq, std::string_view reason) {
  return file + ": table " + table_name(kind) + ", row " + std::to_string(seq) + " is damaged (" + std::string{reason} +
         ")";
}

std::string way_out_of_damage(const std::string& directory) {
  return ": restore a backup, or set aside what is concerned: forkmill-broker --data " + directory + " --quarantine";
}

Tables::Tables(Database& database, RowCoder& coder, Meta& meta, std::string directory)
    : database_{database},
      coder_{coder},
      meta_{meta},
      directory_{std::move(directory)},
      put_task_{database, "INSERT OR IGNORE INTO task (seq, row) VALUES (?1, ?2)"},
      has_task_{database, "SELECT 1 FROM task WHERE seq = ?1"},
      get_task_{database, "SELECT row FROM task WHERE seq = ?1"},
      get_task_run_{database, "SELECT seq, row FROM task WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"},
      forget_task_{database, "DELETE FROM task WHERE seq = ?1"},
      scan_tasks_{database, "SELECT seq, row FROM task WHERE seq < ?1 ORDER BY seq DESC"},
      put_outcome_{database, "INSERT OR IGNORE INTO outcome (seq, row) VALUES (?1, ?2)"},
      get_outcome_{database, "SELECT row FROM outcome WHERE seq = ?1"},
      get_outcome_run_{database, "SELECT seq, row FROM outcome WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"},
      forget_outcome_{database, "DELETE FROM outcome WHERE seq = ?1"},
      put_progression_{database, "INSERT OR REPLACE INTO progression (seq, row) VALUES (?1, ?2)"},
      get_progression_{database, "SELECT row FROM progression WHERE seq = ?1"},
      forget_progression_{database, "DELETE FROM progression WHERE seq = ?1"},
      put_record_{database, "INSERT OR REPLACE INTO record (seq, row) VALUES (?1, ?2)"},
      get_record_{database, "SELECT row FROM record WHERE seq = ?1"},
      erase_record_{database, "DELETE FROM record WHERE seq = ?1"} {}

void Tables::damaged(RowKind kind, proto::TaskSeq seq, std::string_view reason) const {
  throw StoreError{damaged_row(database_.path(), kind, static_cast<std::int64_t>(seq.value()), reason) +
                   way_out_of_damage(directory_)};
}

bool Tables::has_task(proto::TaskSeq seq) {
  Resetting at_the_end{has_task_};
  return has_task_.bind(1, seq.value()).step();
}

void Tables::apply(const PutTask& op) { add_task(op.seq, coder_.encode(op)); }
void Tables::apply(const Finish& op) { add_outcome(op.seq, coder_.encode(op)); }
void Tables::apply(const PutRecord& op) { put_record(op.seq, coder_.encode(op)); }

void Tables::add_task(proto::TaskSeq seq, std::string_view row) {
  meta_.last_seq = std::max(meta_.last_seq, seq);
  if (put_task_.bind(1, seq.value()).bind_blob(2, row).run()) meta_.totals.task.add(row_mark(seq));
}

void Tables::add_outcome(proto::TaskSeq seq, std::string_view row) {
  if (!has_task(seq)) return;
  if (put_outcome_.bind(1, seq.value()).bind_blob(2, row).run()) meta_.totals.outcome.add(row_mark(seq));
}

void Tables::apply(const Reschedule& op) {
  write_progression(op.seq, [&](Progression& progression) { progression = {op.attempts, op.due, false}; });
}

void Tables::apply(const Dispatch& op) {
  write_progression(op.seq, [&](Progression& progression) {
    progression.attempts = proto::Attempt{op.attempt.value() - 1};
    progression.dispatched = true;
  });
}

void Tables::apply(const Forget& op) {
  TableTotals& totals = meta_.totals;
  if (!forget_task_.bind(1, op.seq.value()).run()) return;
  totals.task.remove(row_mark(op.seq));
  if (totals.outcome.rows > 0 && forget_outcome_.bind(1, op.seq.value()).run()) totals.outcome.remove(row_mark(op.seq));
  Progression progression;
  if (const auto checksum = read_progression(op.seq, progression)) {
    forget_progression_.bind(1, op.seq.value()).run();
    totals.progression.remove(row_mark(op.seq, *checksum));
  }
}

std::optional<std::uint32_t> Tables::read_progression(proto::TaskSeq seq, Progression& progression) {
  if (meta_.totals.progression.rows == 0) return std::nullopt;
  Resetting at_the_end{get_progression_};
  if (!get_progression_.bind(1, seq.value()).step()) return std::nullopt;
  const std::string_view row = get_progression_.bytes(0);
  if (const auto damage = coder_.decode(seq, row, progression); !damage.empty())
    damaged(RowKind::progression, seq, damage);
  return row_checksum(row);
}

void Tables::write_progression(proto::TaskSeq seq, const std::function<void(Progression&)>& change) {
  Progression progression;
  Total& total = meta_.totals.progression;
  const auto old = read_progression(seq, progression);
  if (!old && !has_task(seq)) return;
  if (old) total.remove(row_mark(seq, *old));
  change(progression);
  const std::string_view row = coder_.encode(seq, progression);
  total.add(row_mark(seq, row_checksum(row)));
  put_progression_.bind(1, seq.value()).bind_blob(2, row).run();
}

std::optional<std::uint32_t> Tables::read_record(proto::TaskSeq seq) {
  if (meta_.records.rows == 0) return std::nullopt;
  Resetting at_the_end{get_record_};
  if (!get_record_.bind(1, seq.value()).step()) return std::nullopt;
  const std::string_view row = get_record_.bytes(0);
  std::string_view record;
  if (const auto damage = coder_.decode(seq, row, record); !damage.empty()) damaged(RowKind::record, seq, damage);
  return row_checksum(row);
}

void Tables::put_record(proto::TaskSeq seq, std::string_view row) {
  // A number above all others is new and needs no lookup.
  const auto old = seq > meta_.last_seq ? std::nullopt : read_record(seq);
  meta_.last_seq = std::max(meta_.last_seq, seq);
  if (old) meta_.records.remove(row_mark(seq, *old));
  meta_.records.add(row_mark(seq, row_checksum(row)));
  put_record_.bind(1, seq.value()).bind_blob(2, row).run();
}

void Tables::apply(const EraseRecord& op) {
  const auto old = read_record(op.seq);
  if (!old) return;
  erase_record_.bind(1, op.seq.value()).run();
  meta_.records.remove(row_mark(op.seq, *old));
}

void Tables::read_rest(StoredTask& task) {
  const proto::TaskSeq seq = task.put.seq;
  read_progression(seq, task.progression);
  if (meta_.totals.outcome.rows == 0) return;
  Resetting at_the_end{get_outcome_};
  if (!get_outcome_.bind(1, seq.value()).step()) return;
  task.finish = decode_outcome(seq, get_outcome_.bytes(0));
}

Finish Tables::decode_outcome(proto::TaskSeq seq, std::string_view row) {
  Finish finish;
  if (const auto damage = coder_.decode(seq, row, finish); !damage.empty()) damaged(RowKind::outcome, seq, damage);
  return finish;
}

void Tables::decode_task(proto::TaskSeq seq, std::string_view row, PutTask& put) {
  if (const auto damage = coder_.decode(seq, row, put); !damage.empty()) damaged(RowKind::task, seq, damage);
}

std::vector<Finish> Tables::read_outcomes(proto::TaskSeq first, proto::TaskSeq last) {
  std::vector<Finish> outcomes;
  if (meta_.totals.outcome.rows == 0) return outcomes;
  Resetting at_the_end{get_outcome_run_};
  get_outcome_run_.bind(1, first.value()).bind(2, last.value());
  while (get_outcome_run_.step()) {
    const proto::TaskSeq seq{static_cast<std::uint64_t>(get_outcome_run_.number(0))};
    outcomes.push_back(decode_outcome(seq, get_outcome_run_.bytes(1)));
  }
  return outcomes;
}

void Tables::fetch_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(StoredTask)>& visit) {
  std::vector<Finish> outcomes = read_outcomes(first, last);
  auto outcome = outcomes.begin();
  Resetting at_the_end{get_task_run_};
  get_task_run_.bind(1, first.value()).bind(2, last.value());
  while (get_task_run_.step()) {
    const proto::TaskSeq seq{static_cast<std::uint64_t>(get_task_run_.number(0))};
    StoredTask task;
    decode_task(seq, get_task_run_.bytes(1), task.put);
    read_progression(seq, task.progression);
    while (outcome != outcomes.end() && outcome->seq < seq) ++outcome;
    if (outcome != outcomes.end() && outcome->seq == seq) task.finish = std::move(*outcome);
    visit(std::move(task));
  }
}

std::optional<StoredTask> Tables::fetch(proto::TaskSeq seq) {
  StoredTask task;
  {
    Resetting at_the_end{get_task_};
    if (!get_task_.bind(1, seq.value()).step()) return std::nullopt;
    decode_task(seq, get_task_.bytes(0), task.put);
  }
  read_rest(task);
  return task;
}

void Tables::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  Resetting at_the_end{scan_tasks_};
  scan_tasks_.bind(1, std::min(before.value(), kMax));
  while (scan_tasks_.step()) {
    const proto::TaskSeq seq{static_cast<std::uint64_t>(scan_tasks_.number(0))};
    StoredTask task;
    decode_task(seq, scan_tasks_.bytes(1), task.put);
    read_rest(task);
    if (!visit(std::move(task))) return;
  }
}

}  // namespace forkmill::broker
