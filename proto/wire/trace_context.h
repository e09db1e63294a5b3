// The trace that a task belongs to, as its header `traceparent` tells it (W3C Trace Context), and the ids of the spans
// of a task. Worker and exporter make these ids from the same facts, and so agree on them without talking. Pure.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/ids.h"
#include "proto/wire/task_messages.h"

namespace forkmill::proto {

// TraceParent: the value of a header `traceparent`.
struct TraceParent {
  static constexpr std::uint8_t kSampled = 1;
  static constexpr std::uint8_t kRandom = 2;  // the trace id is random

  std::string trace_id;  // 32 hexadecimal digits, lower case, not all 0
  std::string span_id;   // the parent: 16 hexadecimal digits, lower case, not all 0
  std::uint8_t flags = 0;

  // Whether the spans of the trace are recorded.
  bool is_sampled() const { return (flags & kSampled) != 0; }
  // Returns the value of the header, as version 00 has it.
  std::string to_string() const;
  // Returns nothing for a text that is none. A version that is higher than 00 may have more behind the flags.
  static std::optional<TraceParent> parse(std::string_view text);
};

// The spans of a task: one of the task, and two of each attempt.
enum class TaskSpan : std::uint8_t {
  task = 0,    // from its submission to its end
  waited = 1,  // from the time at which the attempt was due to its start
  ran = 2,     // the run of the attempt
};

// Returns the id of a span, 16 hexadecimal digits, as PROTOCOL.md describes under Traces. attempt: 0 for the span of
// the task.
std::string span_id(const TaskId& id, TaskSeq seq, Attempt attempt, TaskSpan span);

// Returns the id of the trace of a task that has no `traceparent`: the digits of its own id.
std::string own_trace_id(const TaskId& id);

// Returns the headers of a task as its handler gets them if the spans of attempts are exported: the span of the attempt
// is the parent. A `traceparent` that is not sampled, or that is none, stays as it is.
TaskHeaders with_attempt_as_parent(TaskHeaders headers, const TaskId& id, const Grant& grant);

}  // namespace forkmill::proto
