// Listing: the tasks that a filter lets through, from disk and from memory. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/operators/listing/task_row.h"
#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/tasks.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

// Returns the row of a task in memory; its error points into the task.
TaskRow row_of(const Task& task);
// Returns whether the asker may see the task, and it passes the filter under the id by which the asker knows it.
bool passes(const proto::TaskFilter& filter, const TaskVisibility& visibility, TaskRow row);
// The same for a task in memory, without making a row: there may be millions of tasks.
bool passes(const proto::TaskFilter& filter, const TaskVisibility& visibility, const Task& task);

// Rows of one page at most.
std::size_t most_rows(const proto::TaskFilter& filter);

proto::Status check_filter(const proto::TaskFilter& filter);
// The same for the history of finished tasks.
proto::Status check_history_filter(const proto::TaskFilter& filter);

// Returns the request to the store for the tasks that pass the filter and that the asker may see. The store knows that
// a task is unfinished, but not whether it runs.
ScanRequest scan_for(const proto::TaskFilter& filter, TaskVisibility visibility);

// The same for the history of finished tasks.
HistoryScan history_scan_for(const proto::TaskFilter& filter, TaskVisibility visibility);
// Returns the body of the reply to a scan of the history.
PackedMap list_history(const BrokerState& state, const TaskVisibility& visibility, const HistoryAnswer& found);

// Returns the body of the reply: the tasks that the scan found, and those that no store holds, of which MemoryWalk has
// found the newest. Tasks that are gone by now, or do not pass the filter any more, are left out: the page is shorter.
std::string list_tasks(const BrokerState& state, const proto::TaskFilter& filter, const TaskVisibility& visibility,
                       const ScanAnswer& scanned, const std::vector<TaskRef>& unstored);

}  // namespace forkmill::broker
