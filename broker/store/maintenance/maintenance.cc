#include "broker/store/maintenance/maintenance.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "broker/store/journal/replay.h"
#include "broker/store/sqlite/data_dir.h"
#include "broker/store/sqlite/head.h"
#include "broker/store/sqlite/row_scan.h"
#include "broker/store/sqlite/schema.h"
#include "broker/store/sqlite/verify.h"

namespace forkmill::broker {

namespace {

using proto::Epoch;

template <class Report, class Work>
proto::Result<Report> guarded(const Work& work) {
  try {
    return work();
  } catch (const StoreError& error) {
    return error.failure();
  }
}

// OfflineStore: a data directory with its database open for maintenance. Opening it does not raise the epoch.
struct OfflineStore {
  OfflineStore(const std::string& path, FileSystem& its_files)
      : files{its_files}, directory{path, DataDir::Missing::refuse, its_files} {}
  void open() {
    if (!directory.has_database()) throw StoreError{"data directory " + directory.path() + " has no database"};
    database = open_database(directory.database(), Database::Open::existing, files);
    table = std::make_unique<MetaTable>(*database);
    meta = table->read();
    head = Head::read(files, directory.head());
    tables = std::make_unique<Tables>(*database, coder, meta, directory.path());
    replay = std::make_unique<Replay>(directory, meta);
  }
  // Returns why commits are missing, in the journal or in the database; empty if none are.
  std::string missing() const {
    Meta known = meta;
    known.commit = replay->last();
    return replay->damage().empty() ? Head::missing(head, known, directory.path()) : replay->damage();
  }
  void begin() const { database->run("BEGIN IMMEDIATE"); }
  void write_down_journal() { replay->write_down(*tables, meta); }
  // Commits the repairs. From then on the database has everything.
  void finish(Epoch epoch_before) {
    meta.journal_segment = 0;
    meta.journal_key = 0;
    ++meta.writes;
    table->update(meta, epoch_before);
    database->run("COMMIT");
    Head::create(files, directory.head(), Head::Record::of(meta));
    database->checkpoint(true);
  }

  FileSystem& files;
  DataDir directory;
  std::unique_ptr<Database> database;
  std::unique_ptr<MetaTable> table;
  Meta meta;
  Head::Reading head;
  RowCoder coder;
  std::unique_ptr<Tables> tables;
  std::unique_ptr<Replay> replay;
};

// Writes down what can be read of the journal; what it cannot add to a damaged database is part of the loss.
void write_down_rest(OfflineStore& store, std::string& reason) {
  const Meta before = store.meta;
  store.begin();
  try {
    store.write_down_journal();
  } catch (const StoreError& error) {
    store.database->run("ROLLBACK");
    store.begin();
    store.meta = before;
    reason += "; the journal could not be added to the database: " + std::string{error.what()};
  }
}

std::uint64_t lacking(const Total& written, const Total& found) {
  return written.rows > found.rows ? written.rows - found.rows : 0;
}

// Reasons: why a task or record cannot be used, by its number.
using Reasons = std::map<std::int64_t, std::string>;

struct Damages {
  Reasons tasks;
  Reasons records;
  std::set<RowKind> tables;  // the tables with damaged rows
  bool none() const { return tasks.empty() && records.empty(); }
};

// Finds damaged rows, and counts all rows.
Damages find_damage(Database& database, TableTotals& totals, Total& records) {
  RowCoder coder;
  Damages damages;
  totals = scan_rows(
      database, coder, [](const TaskSummary&) {},
      [&](const RowDamage& damage) {
        damages.tables.insert(damage.kind);
        std::string& reason = damages.tasks[damage.seq];
        reason +=
            (reason.empty() ? "" : ", ") + std::string{table_name(damage.kind)} + ": " + std::string{damage.reason};
        return true;
      });
  records = scan_records(
      database, coder, [](proto::TaskSeq, std::string_view) {},
      [&](const RowDamage& damage) {
        damages.tables.insert(damage.kind);
        damages.records[damage.seq] = damage.reason;
        return true;
      });
  return damages;
}

// Reports intact rows that may be from an earlier time. The totals show that there are some, or that there may be, not
// which. A damaged row whose number is intact explains a difference of checksums, not one of numbers.
void look_for_strange_rows(const Damages& damages, RowKind table, const Total& written, const Total& found,
                           std::vector<std::string>& strange) {
  if (found == written) return;
  const bool marked_by_checksum = table == RowKind::progression || table == RowKind::record;
  if (marked_by_checksum && found.rows == written.rows && damages.tables.contains(table)) return;
  const std::string name = std::string{"table "} + table_name(table);
  if (found.rows < written.rows)
    strange.push_back(name + " lacks rows, so others may be from an earlier time: they stay as they are");
  else if (damages.tables.contains(table))
    strange.push_back(name +
                      " has rows other than those that were written: those that are not damaged stay as they are");
  else
    strange.push_back(
        name + " has rows other than those that were written, and none of them is damaged: they stay as " + "they are");
}

// Moves the rows of `table` with these numbers to table quarantine and returns how many there were.
std::uint64_t set_aside(Database& database, RowKind table, const Reasons& numbers) {
  const std::string name{table_name(table)};
  Statement copy{database, ("INSERT INTO quarantine (origin, seq, reason, row) SELECT '" + name +
                            "', seq, ?2, row FROM " + name + " WHERE seq = ?1")
                               .c_str()};
  Statement remove{database, ("DELETE FROM " + name + " WHERE seq = ?1").c_str()};
  std::uint64_t rows = 0;
  for (const auto& [seq, reason] : numbers) {
    if (!copy.bind(1, seq).bind_text(2, reason).run()) continue;
    remove.bind(1, seq).run();
    ++rows;
  }
  return rows;
}

std::uint64_t set_aside(Database& database, const Damages& damages) {
  std::uint64_t rows = set_aside(database, RowKind::record, damages.records);
  for (const RowKind table : {RowKind::task, RowKind::outcome, RowKind::progression})
    rows += set_aside(database, table, damages.tasks);
  return rows;
}

}  // namespace

proto::Result<CheckReport> check(const std::string& directory, FileSystem& files) {
  return guarded<CheckReport>([&] {
    OfflineStore store{directory, files};
    CheckReport report;
    try {
      store.open();
      const std::string missing = store.missing();
      if (!missing.empty()) report.findings.push_back(missing);
      // The changes of the journal are checked with the database, and taken back at the end.
      store.begin();
      store.write_down_journal();
      report.commit = store.meta.commit;
      report.tasks = store.meta.totals.task.rows;
      report.outcomes = store.meta.totals.outcome.rows;
      report.records = store.meta.records.rows;
      report.quarantined = static_cast<std::uint64_t>(store.database->number("SELECT count(*) FROM quarantine"));
      if (store.head.record && store.head.damaged > 0)
        report.findings.push_back(store.directory.head() + ": one of its two slots is damaged; the other one is sound");
      const auto more = verify_database(*store.database, store.meta, store.database->path());
      report.findings.insert(report.findings.end(), more.begin(), more.end());
    } catch (const StoreError& error) {
      report.findings.emplace_back(error.what());
    }
    return report;
  });
}

proto::Result<QuarantineReport> quarantine(const std::string& directory, FileSystem& files) {
  return guarded<QuarantineReport>([&] {
    OfflineStore store{directory, files};
    store.open();
    if (const std::string text = store.missing(); !text.empty()) throw StoreError{text};
    TableTotals before;
    Total records_before;
    const Damages damages = find_damage(*store.database, before, records_before);
    Meta& meta = store.meta;
    const TableTotals& written = meta.totals;
    QuarantineReport report;
    report.tasks = damages.tasks.size();
    report.records = damages.records.size();
    report.missing = lacking(written.task, before.task) + lacking(written.outcome, before.outcome) +
                     lacking(written.progression, before.progression) + lacking(meta.records, records_before);
    if (damages.none() && before == written && records_before == meta.records) return report;
    look_for_strange_rows(damages, RowKind::task, written.task, before.task, report.strange);
    look_for_strange_rows(damages, RowKind::outcome, written.outcome, before.outcome, report.strange);
    look_for_strange_rows(damages, RowKind::progression, written.progression, before.progression, report.strange);
    look_for_strange_rows(damages, RowKind::record, meta.records, records_before, report.strange);
    store.begin();
    report.rows = set_aside(*store.database, damages);
    if (!find_damage(*store.database, meta.totals, meta.records).none())
      throw StoreError{store.database->path() +
                       " is damaged in a way that setting rows aside does not mend: restore a "
                       "backup"};
    store.write_down_journal();
    store.finish(meta.epoch);
    return report;
  });
}

proto::Result<LossReport> accept_loss(const std::string& directory, const std::string& new_id, FileSystem& files) {
  return guarded<LossReport>([&] {
    OfflineStore store{directory, files};
    store.open();
    LossReport report{store.missing(), {}};
    if (report.reason.empty()) throw StoreError{"nothing is missing in " + store.directory.path()};
    Meta& meta = store.meta;
    const Epoch before = meta.epoch;
    write_down_rest(store, report.reason);
    report.commit = meta.commit;
    Statement record{*store.database,
                     "INSERT INTO loss (recorded_at, store_id, after_commit, reason) "
                     "VALUES (CAST(strftime('%s', 'now') AS INTEGER), ?1, ?2, ?3)"};
    record.bind_text(1, meta.store).bind(2, meta.commit.value()).bind_text(3, report.reason).run();
    // Numbers of the lost commits are not used again.
    if (const auto& head = store.head.record; head && head->store == Head::Record::of(meta).store) {
      meta.writes = std::max(meta.writes, head->writes);
      meta.commit = std::max(meta.commit, head->commit);
      meta.last_seq = std::max(meta.last_seq, head->last_seq);
      meta.epoch = std::max(meta.epoch, head->epoch);
    } else {
      meta.epoch = far_beyond(meta.epoch);
    }
    meta.store = new_id;
    store.finish(before);
    return report;
  });
}

}  // namespace forkmill::broker
