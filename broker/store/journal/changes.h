// Changes: what the commits of some segments have changed, by task and by piece of an object, on top of the database or
// of older changes. Holds where the rows are, not the rows. Tasks that were both put and forgotten in these segments
// leave nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>

#include "broker/store/journal/frame.h"
#include "broker/store/records.h"

namespace forkmill::broker {

class Tables;
enum class RowKind : std::uint8_t;

// RowPlace: where a row is in the journal.
struct RowPlace {
  std::uint32_t segment = 0;  // 0: nowhere
  std::uint32_t size = 0;
  std::uint64_t at = 0;  // offset in the segment
  explicit operator bool() const { return segment != 0; }
};
// Returns the bytes at a place; they are valid until the next call.
using RowReader = std::function<std::string_view(const RowPlace&)>;

// TaskChange: what happened to one task, in this order: an older task of its number was forgotten, it was put, it was
// rescheduled, it was dispatched; and it was requeued at some time. There is one for each task that the journal has, so
// it is small.
struct TaskChange {
  RowPlace task;
  RowPlace outcome;         // counts if there is no older one
  RowPlace requeued;        // the row of the last Requeue
  milliseconds due{0};      // due time of the Reschedule
  proto::Attempt attempts;  // number in the Reschedule
  proto::Attempt attempt;   // number in the Dispatch
  bool forgotten = false;
  bool rescheduled = false;
  bool dispatched = false;

  std::uint64_t bytes() const { return std::uint64_t{task.size} + outcome.size + requeued.size; }

  // Returns whether the task is not there, even if older layers have it.
  bool removes() const { return forgotten && !task; }
  void reschedule(proto::Attempt made, milliseconds when) {
    attempts = made;
    due = when;
    rescheduled = true;
    dispatched = false;
  }
  void dispatch(proto::Attempt its_attempt) {
    attempt = its_attempt;
    dispatched = true;
  }
  // Brings the progression of an older task up to this change.
  void change(Progression& progression) const;
  // Returns this change followed by `later`.
  TaskChange followed_by(const TaskChange& later) const;
};

class Changes {
 public:
  using TaskMap = std::map<proto::TaskSeq, TaskChange>;
  using RecordMap = std::map<proto::TaskSeq, RowPlace>;  // nowhere: the record was erased

  // Returns false if the op of `kind` on `seq` certainly changes nothing.
  bool matters(RecordKind kind, proto::TaskSeq seq) const;
  // Adds a record of the journal; `place` is that of its body. Returns false if the body is malformed.
  bool add(const JournalRecord& record, const RowPlace& place);

  std::size_t size() const { return tasks_.size() + records_.size(); }
  // Returns the bytes of the rows that write_down() would write.
  std::uint64_t bytes() const { return task_bytes_ + record_bytes_; }
  // Returns the part of bytes() by which tasks and records have become more. The rest belongs to tasks in place of
  // which others were forgotten.
  std::uint64_t growth() const;
  bool empty() const { return size() == 0; }
  const TaskMap& tasks() const { return tasks_; }
  const RecordMap& records() const { return records_; }

  // Moves up to `most` changes into the database. Returns the bytes of their rows. Throws StoreError.
  std::uint64_t write_down(Tables& tables, const RowReader& read, std::size_t most);

 private:
  TaskChange& at(proto::TaskSeq seq);
  void forget(proto::TaskSeq seq);
  void reset(TaskChange& change);
  void put_record(proto::TaskSeq seq, const RowPlace& place);

  TaskMap tasks_;
  RecordMap records_;
  std::uint64_t task_bytes_ = 0;
  std::uint64_t record_bytes_ = 0;
  std::int64_t more_tasks_ = 0;  // put, less those forgotten
};

// Returns the row of `kind` and `seq` at `place`. Throws StoreError if it is damaged.
std::string_view read_row(const RowReader& read, const RowPlace& place, RowKind kind, proto::TaskSeq seq);

}  // namespace forkmill::broker
