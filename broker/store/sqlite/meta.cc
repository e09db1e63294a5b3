#include "broker/store/sqlite/meta.h"

#include <array>

#include "broker/store/bytes.h"
#include "broker/store/crc32c.h"
#include "broker/store/store.h"
#include "proto/random.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kNumbers = 14;
constexpr std::size_t kNumbersOfTasks = 10;    // the first ones, all that schema 1 had
constexpr std::size_t kNumbersOfRecords = 12;  // all that schema 2 had

std::array<std::uint64_t, kNumbers> numbers_of(const Meta& meta) {
  const TableTotals& totals = meta.totals;
  return {
      meta.writes,       meta.epoch.value(),  meta.commit.value(),  meta.last_seq.value(),   totals.task.rows,
      totals.task.marks, totals.outcome.rows, totals.outcome.marks, totals.progression.rows, totals.progression.marks,
      meta.records.rows, meta.records.marks,  meta.journal_segment, meta.journal_key};
}

// The checksum of a store without a journal equals that of schema 2, and without records that of schema 1, so a
// migration in SQL need not recompute it.
std::uint32_t checksum(const Meta& meta) {
  const auto numbers = numbers_of(meta);
  const bool journal = meta.journal_segment != 0 || meta.journal_key != 0;
  const std::size_t covered = journal ? kNumbers : meta.records == Total{} ? kNumbersOfTasks : kNumbersOfRecords;
  return crc32c({reinterpret_cast<const char*>(numbers.data()), covered * sizeof numbers[0]}, crc32c(meta.store));
}

// Makes neighbours unlike each other. In every database: never to be changed.
std::uint64_t mix(std::uint64_t value) { return proto::SplitMix64{value}.next(); }

}  // namespace

std::uint64_t row_mark(proto::TaskSeq seq) { return mix(seq.value()); }
std::uint64_t row_mark(proto::TaskSeq seq, std::uint32_t checksum) { return mix(seq.value() + mix(checksum)); }

void raise_epoch(Meta& meta) {
  if (meta.epoch.value() > 0) meta.last_seq = proto::TaskSeq{meta.last_seq.value() + Store::kLeftOut};
  meta.epoch = meta.epoch.next();
}

MetaTable::MetaTable(Database& database)
    : database_{database},
      read_{database,
            "SELECT store_id, writes, epoch, commit_seq, last_seq, task_rows, task_marks, outcome_rows, outcome_marks, "
            "progression_rows, progression_marks, record_rows, record_marks, journal_segment, journal_key, checksum "
            "FROM meta WHERE id = 1"},
      insert_{database,
              "INSERT INTO meta (id, store_id, writes, epoch, commit_seq, last_seq, task_rows, task_marks, "
              "outcome_rows, outcome_marks, progression_rows, progression_marks, record_rows, record_marks, "
              "journal_segment, journal_key, checksum) "
              "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"},
      update_{database,
              "UPDATE meta SET store_id = ?1, writes = ?2, epoch = ?3, commit_seq = ?4, last_seq = ?5, task_rows = ?6, "
              "task_marks = ?7, outcome_rows = ?8, outcome_marks = ?9, progression_rows = ?10, progression_marks = "
              "?11, record_rows = ?12, record_marks = ?13, journal_segment = ?14, journal_key = ?15, checksum = ?16 "
              "WHERE id = 1 AND epoch = ?17"} {}

Meta MetaTable::read() {
  Resetting at_the_end{read_};
  if (!read_.step()) throw StoreError{database_.path() + " is damaged: table meta is empty: restore a backup"};
  int column = 0;
  Meta meta;
  meta.store = read_.bytes(column++);
  const auto next = [&] { return static_cast<std::uint64_t>(read_.number(column++)); };
  meta.writes = next();
  meta.epoch = proto::Epoch{next()};
  meta.commit = proto::CommitSeq{next()};
  meta.last_seq = proto::TaskSeq{next()};
  for (Total* total : {&meta.totals.task, &meta.totals.outcome, &meta.totals.progression, &meta.records}) {
    total->rows = next();
    total->marks = next();
  }
  meta.journal_segment = next();
  meta.journal_key = next();
  if (next() != checksum(meta))
    throw StoreError{database_.path() +
                     " is damaged: table meta, row 1: its checksum does not match: restore a backup"};
  return meta;
}

void MetaTable::bind(Statement& statement, const Meta& meta) {
  statement.bind_text(1, meta.store);
  int at = 2;
  for (const std::uint64_t number : numbers_of(meta)) statement.bind(at++, number);
  statement.bind(at, std::uint64_t{checksum(meta)});
}

void MetaTable::insert(const Meta& meta) {
  bind(insert_, meta);
  insert_.run();
}

void MetaTable::update(const Meta& meta, proto::Epoch epoch) {
  bind(update_, meta);
  if (!update_.bind(17, epoch.value()).run())
    throw StoreError{database_.path() + " was opened by another broker: this one must not write any more"};
}

}  // namespace forkmill::broker
