// TaskRow: a task as lists show it, and the test of a row against a filter. Pure functions.
#pragma once

#include <string_view>

#include "broker/store/finished_task.h"
#include "broker/store/records.h"

namespace forkmill::broker {

struct TaskRow {
  proto::TaskSeq seq;
  TaskId id;
  SharedSpec spec;
  std::string_view state;  // empty: unfinished; the store knows no more
  std::uint32_t attempt = 0;
  milliseconds submitted_at{0};
  milliseconds finished_at{0};
  const proto::ErrorReport* error = nullptr;  // points into the StoredTask of row_of()
  std::uint64_t run_us = 0;                   // Outcome::run_us
  proto::SharedText worker{};                 // ran the last attempt of a task that has finished
  std::string_view arguments{};               // unfinished tasks and dead letters have them; points into the task
};

TaskRow row_of(const StoredTask& stored);
// The error of the row points into the task; its seq is the number in the history, which has no arguments.
TaskRow row_of(const FinishedTask& task);

// Whether the state is that of a task that has finished.
bool is_end(std::string_view state);

// RowFacts: what a filter looks at. Views of one task, without the cost of a row: there may be millions of tasks.
struct RowFacts {
  const TaskId& id;
  const TaskSpec& spec;
  std::string_view state;  // as TaskRow::state
  milliseconds submitted_at;
  const proto::ErrorReport* error;  // null: none
  std::string_view arguments;       // as TaskRow::arguments
};

// Returns whether a task passes `filter`. One without a state passes a filter for any unfinished state.
bool passes(const proto::TaskFilter& filter, const RowFacts& task);
inline bool passes(const proto::TaskFilter& filter, const TaskRow& row) {
  return passes(filter, RowFacts{row.id, *row.spec, row.state, row.submitted_at, row.error, row.arguments});
}

}  // namespace forkmill::broker
