// Overlay: reads tasks and records as they are with the changes that the database does not contain. Functions throw
// StoreError.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "broker/store/journal/changes.h"
#include "broker/store/journal/journal.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/task_database.h"

namespace forkmill::broker {

class Overlay {
 public:
  // `newer` follows `older`, which follows the database. All outlive the object.
  Overlay(TaskDatabase& database, Journal& journal, const Changes& older, const Changes& newer)
      : database_{database}, journal_{journal}, older_{older}, newer_{newer} {}

  // The functions of Store.
  void fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit);
  void scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit);
  void load(const std::function<void(const TaskSummary&)>& visit);
  void load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit);

  bool has_task(proto::TaskSeq seq);

 private:
  // Returns what both layers changed of a task; none: nothing.
  std::optional<TaskChange> change_of(proto::TaskSeq seq) const;
  // The nearest task with a change: below or above `seq`.
  std::optional<proto::TaskSeq> changed_below(proto::TaskSeq seq) const;
  std::optional<proto::TaskSeq> changed_above(proto::TaskSeq seq) const;
  // Null: the record is as in the database.
  const RowPlace* record_change(proto::TaskSeq seq) const;
  std::optional<proto::TaskSeq> changed_record_above(proto::TaskSeq seq) const;

  std::string_view row(const RowPlace& place, RowKind kind, proto::TaskSeq seq);
  template <class Record>
  void decode(const RowPlace& place, RowKind kind, proto::TaskSeq seq, Record& record);
  StoredTask new_task(proto::TaskSeq seq, const TaskChange& change);
  TaskSummary new_summary(proto::TaskSeq seq, const TaskChange& change);
  // Adds what changed after the task was put.
  void bring_up(StoredTask& task, const TaskChange& change);
  void bring_up(TaskSummary& task, const TaskChange& change);
  void bring_up(proto::TaskSeq seq, SharedSpec& spec, const TaskChange& change);

  TaskDatabase& database_;
  Journal& journal_;
  const Changes& older_;
  const Changes& newer_;
  RowCoder coder_;
};

}  // namespace forkmill::broker
