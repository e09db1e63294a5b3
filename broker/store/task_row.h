// TaskRow: a task as lists show it, and whether a filter lets it through. Pure functions.
#pragma once

#include <string_view>

#include "broker/store/records.h"

namespace forkmill::broker {

struct TaskRow {
  proto::TaskSeq seq;
  TaskId id;
  SharedSpec spec;
  std::string_view state;  // empty: unfinished, and not known further
  std::uint32_t attempt = 0;
  milliseconds submitted_at{0};
  milliseconds finished_at{0};
  const proto::ErrorReport* error = nullptr;  // of the task that the row was made of
};

TaskRow row_of(const StoredTask& stored);

// A row of which nothing but "unfinished" is known passes a filter for any unfinished state.
bool passes(const proto::TaskFilter& filter, const TaskRow& row);

}  // namespace forkmill::broker
