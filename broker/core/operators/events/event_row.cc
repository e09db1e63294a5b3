#include "broker/core/operators/events/event_row.h"

#include <string_view>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/operators/why/ended.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

namespace {

bool is_in_queue(const TaskEvent& event, std::string_view queue) {
  return queue.empty() || base_queue(event.spec->queue) == queue ||
         (event.before != nullptr && base_queue(event.before->queue) == queue);
}

bool has_outcome(const TaskEvent& event) { return event.outcome != proto::OutcomeKind{}; }

}  // namespace

bool is_wanted(const TaskEvent& event, const proto::TaskFilter& filter, const TaskVisibility& visibility) {
  if (!visibility.shows(*event.spec) && (event.before == nullptr || !visibility.shows(*event.before))) return false;
  if (filter.ends && !is_end(event.kind)) return false;
  if (filter.traced && proto::header(event.spec->options.headers, "traceparent").empty()) return false;
  if (!is_in_queue(event, filter.queue)) return false;
  if (!filter.name.empty() && filter.name != event.spec->name) return false;
  if (!filter.state.empty() && filter.state != state_name(event.state)) return false;
  return filter.id.empty() || begins_with(visibility.shown_id(event.id, *event.spec), digits_of(filter.id));
}

void append_row(std::string& rows, const TaskEvent& event, std::uint64_t position, const TaskVisibility& visibility) {
  const proto::TaskOptions& options = event.spec->options;
  PackedMap map;
  map.add("at", position)
      .add("kind", event_name(event.kind))
      .add("id", visibility.shown_id(event.id, *event.spec).to_string())
      .add("seq", event.seq.value())
      .add("queue", base_queue(event.spec->queue))
      .add("name", event.spec->name)
      .add("state", state_name(event.state))
      .add("time_ms", event.at.count())
      .add("attempt", event.attempt.value());
  if (!event.worker.empty()) map.add("worker", event.worker.str());
  if (has_outcome(event)) {
    map.add("outcome", outcome_name(event.outcome))
        .add("run_us", event.run_us)
        .add("submitted_ms", event.submitted.count())
        .add("ready_ms", event.ready.count());
  }
  if (event.code != Errc::ok) map.add("code", errc_name(event.code));
  if (event.dead_letter) map.add("dead_letter", true);
  if (event.due.count() > 0) map.add("due_ms", event.due.count());
  if (event.before != nullptr) {
    map.add("from_queue", base_queue(event.before->queue))
        .add("from_priority", static_cast<int>(event.before->options.priority))
        .add("priority", static_cast<int>(options.priority));
  }
  if (!options.label.empty()) map.add("label", options.label);
  for (const char* name : {"traceparent", "tracestate"})
    if (const auto value = proto::header(options.headers, name); !value.empty()) map.add(name, value);
  rows += map.bytes();
}

}  // namespace forkmill::broker
