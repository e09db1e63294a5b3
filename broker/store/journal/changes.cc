#include "broker/store/journal/changes.h"

#include <algorithm>

#include "broker/store/journal/mutants.h"
#include "broker/store/sqlite/row.h"
#include "broker/store/sqlite/tables.h"
#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

Requeue read_requeue(const RowReader& read, const RowPlace& place, proto::TaskSeq seq) {
  ProgressionRow row;
  const auto damage = RowCoder::decode(seq, read_row(read, place, RowKind::progression, seq), row);
  if (!damage.empty() || !row.requeued)
    throw StoreError{"the journal is damaged: segment " + std::to_string(place.segment) + ", requeue " +
                     std::to_string(seq.value())};
  return *row.requeued;
}

void write_task(Tables& tables, const RowReader& read, proto::TaskSeq seq, const TaskChange& change) {
  if (change.forgotten) tables.apply(Forget{seq});
  if (change.task) tables.add_task(seq, read_row(read, change.task, RowKind::task, seq));
  if (change.rescheduled) tables.apply(Reschedule{seq, change.attempts, change.due});
  if (change.dispatched) tables.apply(Dispatch{seq, change.attempt});
  if (change.requeued && !mutant(JournalMutant::requeue_left_behind))
    tables.apply(read_requeue(read, change.requeued, seq));
  if (change.outcome) tables.add_outcome(seq, read_row(read, change.outcome, RowKind::outcome, seq));
}

void write_record(Tables& tables, const RowReader& read, proto::TaskSeq seq, const RowPlace& place) {
  if (place)
    tables.put_record(seq, read_row(read, place, RowKind::record, seq));
  else
    tables.apply(EraseRecord{seq});
}

}  // namespace

std::string_view read_row(const RowReader& read, const RowPlace& place, RowKind kind, proto::TaskSeq seq) {
  const std::string_view row = read(place);
  if (!row_is_intact(kind, seq, row))
    throw StoreError{"the journal is damaged: segment " + std::to_string(place.segment) + ", " + table_name(kind) +
                     " " + std::to_string(seq.value())};
  return row;
}

void TaskChange::change(Progression& progression) const {
  if (rescheduled) progression = {attempts, due, false};
  if (!dispatched) return;
  progression.attempts = proto::Attempt{attempt.value() - 1};
  progression.dispatched = true;
}

TaskChange TaskChange::followed_by(const TaskChange& later) const {
  if (later.forgotten) return later;
  TaskChange both = later.task ? later : *this;
  if (later.task) both.forgotten = forgotten;
  if (later.task || removes()) return both;
  if (later.rescheduled) both.reschedule(later.attempts, later.due);
  if (later.dispatched) both.dispatch(later.attempt);
  if (later.requeued) both.requeued = later.requeued;
  if (!both.outcome) both.outcome = later.outcome;
  return both;
}

bool Changes::matters(RecordKind kind, proto::TaskSeq seq) const {
  if (kind == RecordKind::put_task || kind == RecordKind::put_record || kind == RecordKind::erase_record) return true;
  const auto found = tasks_.find(seq);
  if (found == tasks_.end()) return true;
  if (found->second.removes()) return false;
  return kind != RecordKind::finish || !found->second.outcome;
}

TaskChange& Changes::at(proto::TaskSeq seq) {
  if (tasks_.empty() || tasks_.rbegin()->first < seq)
    return tasks_.emplace_hint(tasks_.end(), seq, TaskChange{})->second;
  return tasks_[seq];
}

void Changes::reset(TaskChange& change) {
  task_bytes_ -= change.bytes();
  change = {};
}

void Changes::forget(proto::TaskSeq seq) {
  --more_tasks_;
  const auto found = tasks_.find(seq);
  if (found != tasks_.end()) {
    const bool ours = found->second.task && !found->second.forgotten;
    reset(found->second);
    found->second.forgotten = true;
    if (ours) tasks_.erase(found);
    return;
  }
  if (!mutant(JournalMutant::forgotten_without_trace)) at(seq).forgotten = true;
}

void Changes::put_record(proto::TaskSeq seq, const RowPlace& place) {
  RowPlace& known = records_[seq];
  record_bytes_ += place.size;
  record_bytes_ -= known.size;
  known = place;
}

std::uint64_t Changes::growth() const {
  const double share = static_cast<double>(more_tasks_) / static_cast<double>(std::max<std::size_t>(tasks_.size(), 1));
  return record_bytes_ + static_cast<std::uint64_t>(static_cast<double>(task_bytes_) * std::clamp(share, 0.0, 1.0));
}

bool Changes::add(const JournalRecord& record, const RowPlace& place) {
  switch (record.kind) {
    case RecordKind::put_task: {
      TaskChange& change = at(record.seq);
      const bool forgotten = change.forgotten;
      reset(change);
      change.task = place;
      change.forgotten = forgotten;
      task_bytes_ += place.size;
      ++more_tasks_;
      return true;
    }
    case RecordKind::finish: {
      TaskChange& change = at(record.seq);
      task_bytes_ += place.size;
      task_bytes_ -= change.outcome.size;
      change.outcome = place;
      return true;
    }
    case RecordKind::reschedule: {
      const auto op = decode_reschedule(record);
      if (op) at(record.seq).reschedule(op->attempts, op->due);
      return op.has_value();
    }
    case RecordKind::dispatch: {
      const auto op = decode_dispatch(record);
      if (op) at(record.seq).dispatch(op->attempt);
      return op.has_value();
    }
    case RecordKind::requeue: {
      TaskChange& change = at(record.seq);
      task_bytes_ += place.size;
      task_bytes_ -= change.requeued.size;
      change.requeued = place;
      return true;
    }
    case RecordKind::forget:
      forget(record.seq);
      return true;
    case RecordKind::put_record:
      put_record(record.seq, place);
      return true;
    case RecordKind::erase_record:
      put_record(record.seq, {});
      return true;
  }
  return false;
}

std::uint64_t Changes::write_down(Tables& tables, const RowReader& read, std::size_t most) {
  const std::uint64_t before = bytes();
  std::size_t count = 0;
  for (auto next = tasks_.begin(); next != tasks_.end() && count < most; next = tasks_.erase(next), ++count) {
    write_task(tables, read, next->first, next->second);
    task_bytes_ -= next->second.bytes();
  }
  for (auto next = records_.begin(); next != records_.end() && count < most; next = records_.erase(next), ++count) {
    write_record(tables, read, next->first, next->second);
    record_bytes_ -= next->second.size;
  }
  return before - bytes();
}

}  // namespace forkmill::broker
