#include "broker/core/operators/listing/listing.h"

#include <algorithm>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/operators/listing/task_row.h"
#include "broker/core/operators/why/attempt_start.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kMaxRows = 1000;
// Tasks on disk that one answer looks at. They are few, so that commits and other questions wait a tenth of a second at
// most, also on a slow disk.
constexpr std::size_t kMaxVisited = 2000;

PackedMap packed(const TaskVisibility& visibility, const TaskRow& row) {
  PackedMap map;
  map.add("id", visibility.shown_id(row.id, *row.spec).to_string())
      .add("seq", row.seq.value())
      .add("queue", base_queue(row.spec->queue))
      .add("name", row.spec->name)
      .add("state", row.state)
      .add("attempt", row.attempt)
      .add("submitted_at_ms", row.submitted_at.count());
  if (!row.spec->options.label.empty()) map.add("label", row.spec->options.label);
  if (!row.worker.str().empty()) map.add("worker", row.worker.str());
  if (row.finished_at.count() > 0) {
    map.add("finished_at_ms", row.finished_at.count());
    if (const auto start = proto::started_at(row.finished_at, row.run_us); start.count() > 0)
      map.add("started_at_ms", start.count());
  }
  if (const auto parent = proto::header(row.spec->options.headers, "traceparent"); !parent.empty())
    map.add("traceparent", parent);
  if (row.error != nullptr) {
    map.add("code", std::string{errc_name(row.error->code)})
        .add("type", row.error->type)
        .add("message", row.error->message);
  }
  return map;
}

// `reached`: the time of the last task that was looked at; 0: none was.
PackedMap page_of_tasks(const std::vector<PackedMap>& tasks, proto::TaskSeq next, milliseconds reached) {
  PackedMap map;
  map.add("tasks", tasks).add("next", next.value());
  if (reached.count() > 0) map.add("reached_at_ms", reached.count());
  return map;
}

// Adds what is known of an attempt that runs.
void add_running(PackedMap& map, const BrokerState& state, const TaskId& id) {
  const Task* task = state.tasks.find(id);
  if (task == nullptr) return;
  if (const auto start = attempt_start(state, *task)) map.add("started_at_ms", start->count());
  const auto holder = state.workers.find(task->worker());
  if (holder != state.workers.end()) map.add("worker", holder->second->session.name.str());
}

// Whether the task with that id has finished, and its result is still kept.
bool is_kept(const BrokerState& state, const TaskId& id) {
  if (const Task* task = state.tasks.find(id)) return is_terminal(task->state) && !is_dropped(*task);
  const auto paged_out = state.tasks.find_paged_out(id);
  return paged_out && is_terminal(paged_out->state);
}

}  // namespace

TaskRow row_of(const Task& task) {
  TaskRow row{task.seq,
              task.id,
              task.spec.shared(),
              state_name(task.state),
              task.attempts.value(),
              task.submitted_at,
              task.finished ? task.finished->at : milliseconds{0},
              nullptr};
  if (task.finished == nullptr) return row;
  row.run_us = task.finished->outcome.run_us;
  row.worker = task.finished->outcome.worker;
  if (task.finished->outcome.error) row.error = &*task.finished->outcome.error;
  return row;
}

bool passes(const proto::TaskFilter& filter, const TaskVisibility& visibility, TaskRow row) {
  if (!visibility.shows(*row.spec)) return false;
  row.id = visibility.shown_id(row.id, *row.spec);
  return passes(filter, row);
}

bool passes(const proto::TaskFilter& filter, const TaskVisibility& visibility, const Task& task) {
  const TaskSpec& spec = *task.spec;
  if (!visibility.shows(spec)) return false;
  const bool has_error = task.finished != nullptr && task.finished->outcome.error.has_value();
  return passes(filter, RowFacts{visibility.shown_id(task.id, spec), spec, state_name(task.state), task.submitted_at,
                                 has_error ? &*task.finished->outcome.error : nullptr, task.payload.view()});
}

std::size_t most_rows(const proto::TaskFilter& filter) {
  return filter.most == 0 ? kMaxRows : std::min<std::size_t>(filter.most, kMaxRows);
}

proto::Status check_filter(const proto::TaskFilter& filter) {
  if (filter.state.empty() || state_named(filter.state)) return {};
  return {Errc::bad_request, "no state '" + filter.state +
                                 "': there are scheduled, ready, running, succeeded, failed, cancelled, expired"};
}

proto::Status check_history_filter(const proto::TaskFilter& filter) {
  if (auto status = check_filter(filter); !status.ok() || filter.state.empty() || is_end(filter.state)) return status;
  return {Errc::bad_request, "no task of the history is " + filter.state +
                                 ": it has tasks that are succeeded, failed, cancelled or expired"};
}

ScanRequest scan_for(const proto::TaskFilter& filter, TaskVisibility visibility) {
  ScanRequest scan;
  scan.before = filter.before ? filter.before : proto::TaskSeq{~std::uint64_t{0} >> 1};
  scan.most = most_rows(filter);
  scan.most_visited = kMaxVisited;
  scan.since = filter.since;
  scan.passes = [filter, visibility = std::move(visibility)](const StoredTask& task) {
    return passes(filter, visibility, row_of(task));
  };
  return scan;
}

HistoryScan history_scan_for(const proto::TaskFilter& filter, TaskVisibility visibility) {
  HistoryScan scan;
  scan.before = filter.before;
  scan.most = most_rows(filter);
  scan.most_visited = kMaxVisited;
  scan.since = filter.since;
  scan.passes = [filter, visibility = std::move(visibility)](const FinishedTask& task) {
    return passes(filter, visibility, row_of(task));
  };
  return scan;
}

PackedMap list_history(const BrokerState& state, const TaskVisibility& visibility, const HistoryAnswer& found) {
  std::vector<PackedMap> maps;
  for (const FinishedTask& task : found.tasks) {
    PackedMap& map = maps.emplace_back(packed(visibility, row_of(task)));
    map.add("history", !is_kept(state, task.id));
  }
  PackedMap map = page_of_tasks(maps, found.next, found.reached);
  map.add("history", true);
  return map;
}

namespace {

// The rows of stored tasks as they are now.
std::vector<TaskRow> stored_rows(const BrokerState& state, const proto::TaskFilter& filter, const ScanAnswer& scanned) {
  std::vector<TaskRow> rows;
  for (const StoredTask& stored : scanned.tasks) {
    TaskRow row = row_of(stored);
    const Task* resident = state.tasks.find(row.id);
    if (resident != nullptr && is_dropped(*resident)) continue;
    if (row.state.empty()) {  // the state in memory is the present one
      const auto paged_out = state.tasks.find_paged_out(row.id);
      if (resident != nullptr) {
        row.state = state_name(resident->state);
        row.attempt = resident->attempts.value();
      } else if (paged_out) {
        row.state = state_name(paged_out->state);
      } else {
        continue;  // the task is gone by now
      }
      if (!filter.state.empty() && filter.state != row.state) continue;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// The row of a task that no store holds. It has no spec if the task does not belong into the list any more: then it
// only takes its place on the page, behind which the next page begins.
TaskRow unstored_row(const proto::TaskFilter& filter, const TaskVisibility& visibility, const TaskRef& ref) {
  const Task* task = ref.get();
  if (task != nullptr && passes(filter, visibility, *task)) return row_of(*task);
  TaskRow row;
  row.seq = ref.seq();
  return row;
}

}  // namespace

std::string list_tasks(const BrokerState& state, const proto::TaskFilter& filter, const TaskVisibility& visibility,
                       const ScanAnswer& scanned, const std::vector<TaskRef>& unstored) {
  std::vector<TaskRow> rows = stored_rows(state, filter, scanned);
  for (const TaskRef& ref : unstored) rows.push_back(unstored_row(filter, visibility, ref));
  std::sort(rows.begin(), rows.end(), [](const TaskRow& a, const TaskRow& b) { return a.seq > b.seq; });
  proto::TaskSeq next = scanned.next;
  if (rows.size() > most_rows(filter)) {
    rows.resize(most_rows(filter));
    next = rows.back().seq;
  }
  std::vector<PackedMap> maps;
  for (const TaskRow& row : rows)
    if (row.spec != nullptr) add_running(maps.emplace_back(packed(visibility, row)), state, row.id);
  return page_of_tasks(maps, next, scanned.reached).bytes();
}

}  // namespace forkmill::broker
