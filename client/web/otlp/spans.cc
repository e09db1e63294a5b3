#include "client/web/otlp/spans.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/wire/trace_context.h"

namespace forkmill::web::otlp {

namespace {

using std::chrono::nanoseconds;

constexpr std::uint32_t kRemoteIsKnown = 0x100;
constexpr std::uint32_t kIsRemote = 0x200;

// The trace that the spans of a task belong to.
struct Trace {
  std::string id;
  std::string parent_id;  // the span of the submitter; empty: there is none
  std::string state;
  std::uint32_t flags;
};

std::optional<Trace> trace_of(const TaskEvent& event, Tasks tasks) {
  if (const auto parent = proto::TraceParent::parse(event.traceparent)) {
    if (!parent->is_sampled()) return std::nullopt;
    return Trace{parent->trace_id, parent->span_id, event.tracestate, parent->flags};
  }
  if (tasks == Tasks::traced) return std::nullopt;
  return Trace{proto::own_trace_id(event.id), "", "", proto::TraceParent::kSampled};
}

bool ends_task(TaskEventKind kind) {
  return kind == TaskEventKind::succeeded || kind == TaskEventKind::failed || kind == TaskEventKind::cancelled ||
         kind == TaskEventKind::expired;
}

// A task that was cancelled has ended as its owner wanted.
bool is_error(std::string_view outcome) { return outcome != "succeeded" && outcome != "cancelled"; }

// Returns when the attempt ended. The broker tells times in milliseconds, and how long the attempt ran in microseconds:
// the end is later within its millisecond if the attempt could not have run as long since it was due.
nanoseconds end_of(const TaskEvent& event) {
  constexpr nanoseconds kResolution = std::chrono::milliseconds{1};
  const nanoseconds missing = event.ready + event.run - event.time;
  const bool is_rounded = event.ready <= event.time && missing > nanoseconds{0} && missing < kResolution;
  return event.time + (is_rounded ? missing : nanoseconds{0});
}

// Makes the spans of one event.
class SpanMaker {
 public:
  SpanMaker(const TaskEvent& event, Trace trace)
      : event_{event}, trace_{std::move(trace)}, end_{end_of(event)}, start_{end_ - event.run} {}

  // False: the task was cancelled or has expired before the attempt that it waited for.
  bool has_run() const {
    const bool is_unstarted = event_.kind == TaskEventKind::cancelled || event_.kind == TaskEventKind::expired;
    return event_.attempt > 0 && !(is_unstarted && event_.worker.empty() && event_.run.count() == 0);
  }
  // False: the task was not due, or a broker that was restarted meanwhile does not know since when it was.
  bool has_waited() const { return event_.ready.count() > 0 && event_.ready <= start_; }

  Span waited() const {
    const std::uint32_t attempt = has_run() ? event_.attempt : event_.attempt + 1;
    auto span = of_attempt(proto::TaskSpan::waited, attempt, "wait ");
    span.start = event_.ready;
    span.end = start_;
    return span;
  }

  Span ran() const {
    auto span = of_attempt(proto::TaskSpan::ran, event_.attempt, "run ");
    span.kind = Span::Kind::consumer;
    span.start = start_;
    span.end = end_;
    add_end(span);
    if (event_.kind == TaskEventKind::retried)
      span.events.push_back({end_, "forkmill.retry", {{"forkmill.retry.due_ms", event_.due.count()}}});
    return span;
  }

  Span task() const {
    auto span = made(proto::TaskSpan::task, 0, "");
    span.parent_id = trace_.parent_id;
    span.flags = trace_.flags | kRemoteIsKnown | (trace_.parent_id.empty() ? 0 : kIsRemote);
    span.start = std::min(event_.submitted.count() > 0 ? nanoseconds{event_.submitted} : start_, start_);
    span.end = end_;
    span.attributes.emplace_back("forkmill.attempts", std::int64_t{event_.attempt});
    if (!event_.label.empty()) span.attributes.emplace_back("forkmill.task.label", event_.label);
    if (event_.dead_letter) span.events.push_back({end_, "forkmill.dead_letter"});
    add_end(span);
    return span;
  }

 private:
  Span made(proto::TaskSpan which, std::uint32_t attempt, const char* verb) const {
    Span span;
    span.trace_id = trace_.id;
    span.span_id = proto::span_id(event_.id, proto::TaskSeq{event_.seq}, proto::Attempt{attempt}, which);
    span.trace_state = trace_.state;
    span.name = verb + event_.name;
    span.attributes = {{"messaging.system", "forkmill"},
                       {"messaging.destination.name", event_.queue},
                       {"forkmill.task.id", event_.id.to_string()},
                       {"forkmill.task.name", event_.name}};
    return span;
  }

  Span of_attempt(proto::TaskSpan which, std::uint32_t attempt, const char* verb) const {
    auto span = made(which, attempt, verb);
    span.parent_id = proto::span_id(event_.id, proto::TaskSeq{event_.seq}, proto::Attempt{0}, proto::TaskSpan::task);
    span.flags = trace_.flags | kRemoteIsKnown;
    span.attributes.emplace_back("forkmill.attempt", std::int64_t{attempt});
    if (!event_.worker.empty()) span.attributes.emplace_back("forkmill.worker", event_.worker);
    return span;
  }

  // Adds how the attempt and with it the task has ended.
  void add_end(Span& span) const {
    span.attributes.emplace_back("forkmill.outcome", event_.outcome);
    if (!is_error(event_.outcome)) return;
    span.attributes.emplace_back("error.type", event_.code.empty() ? event_.outcome : event_.code);
    span.status = Span::Status::error;
    span.status_text = event_.outcome + (event_.code.empty() ? "" : ": " + event_.code);
  }

  const TaskEvent& event_;
  Trace trace_;
  nanoseconds end_;
  nanoseconds start_;  // start of the run; end_ if the attempt did not start
};

}  // namespace

std::vector<Span> spans_of(const TaskEvent& event, Tasks tasks) {
  const bool is_last = ends_task(event.kind);
  if (!is_last && event.kind != TaskEventKind::retried) return {};
  auto trace = trace_of(event, tasks);
  if (!trace) return {};
  const SpanMaker maker{event, std::move(*trace)};
  std::vector<Span> spans;
  if (maker.has_waited()) spans.push_back(maker.waited());
  if (maker.has_run()) spans.push_back(maker.ran());
  if (is_last) spans.push_back(maker.task());
  return spans;
}

}  // namespace forkmill::web::otlp
