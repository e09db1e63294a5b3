// The spans of a task, made of the events with which its attempts end. Each of these events has all that its spans
// need, so that nothing is kept between two of them. Pure.
#pragma once

#include <forkmill/events.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace forkmill::web::otlp {

using Attributes = std::vector<std::pair<std::string_view, std::variant<std::string, std::int64_t>>>;

// Span: as OTLP has it. The enumerations have the numbers of OTLP.
struct Span {
  enum class Kind : std::uint8_t { internal = 1, consumer = 5 };
  enum class Status : std::uint8_t { unset = 0, error = 2 };
  struct Event {
    std::chrono::nanoseconds time{0};
    std::string_view name;
    Attributes attributes{};
  };

  std::string trace_id{};  // hexadecimal digits, as all ids
  std::string span_id{};
  std::string parent_id{};  // empty: a root
  std::string trace_state{};
  std::uint32_t flags = 0;  // flags of the trace, and whether the parent is of another program
  std::string name{};
  Kind kind = Kind::internal;
  std::chrono::nanoseconds start{0};  // since 1970
  std::chrono::nanoseconds end{0};
  Attributes attributes{};
  std::vector<Event> events{};
  Status status = Status::unset;
  std::string status_text{};
};

// Which tasks have spans besides those of a sampled trace.
enum class Tasks : std::uint8_t {
  traced,  // none
  all,     // tasks without a traceparent, in a trace of their own
};

// Returns the spans that end with the event: the wait and the run of an attempt, as far as their times are known, and
// for the end of the task that of the task. None: the event is no end, or the task is not exported.
std::vector<Span> spans_of(const TaskEvent& event, Tasks tasks);

}  // namespace forkmill::web::otlp
