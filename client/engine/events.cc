#include <forkmill/client.h>
#include <forkmill/events.h>

#include <algorithm>
#include <array>
#include <msgpack.hpp>
#include <utility>

#include "client/engine/engine.h"

namespace forkmill {

namespace {

using client::engine_of;

constexpr std::array<std::string_view, 14> kNames{"unknown", "submitted", "ready",     "granted",   "handed_back",
                                                  "retried", "succeeded", "failed",    "cancelled", "expired",
                                                  "moved",   "dropped",   "forgotten", "missed"};

TaskEventKind kind_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? TaskEventKind::unknown : static_cast<TaskEventKind>(found - kNames.begin());
}

// The values of a msgpack map. Missing keys, as other versions of the broker send them, leave the value as it is.
// Throws msgpack::type_error for a value of another type.
class Row {
 public:
  explicit Row(const msgpack::object& map) : map_{map} {
    if (map.type != msgpack::type::MAP) throw msgpack::type_error{};
  }

  const msgpack::object* find(std::string_view key) const {
    for (const auto& [name, value] : map_.via.map)
      if (name.type == msgpack::type::STR && std::string_view{name.via.str.ptr, name.via.str.size} == key)
        return &value;
    return nullptr;
  }
  template <class T>
  void read(std::string_view key, T& value) const {
    if (const auto* found = find(key)) found->convert(value);
  }
  template <class Duration>
  void read_time(std::string_view key, Duration& value) const {
    std::int64_t count = 0;
    read(key, count);
    value = Duration{count};
  }
  std::string text(std::string_view key) const {
    std::string value;
    read(key, value);
    return value;
  }

 private:
  const msgpack::object& map_;
};

void read_missed(const Row& row, MissedEvents& missed) {
  row.read("from", missed.first);
  row.read("to", missed.end);
  row.read("restarted", missed.restarted);
}

TaskEvent event_of(const Row& row, const std::string& run) {
  TaskEvent event;
  std::uint64_t at = 0;
  row.read("at", at);
  event.cursor = run + "-" + std::to_string(at + 1);
  row.read("cursor", event.cursor);  // only in a cluster with several shards
  event.kind = kind_named(row.text("kind"));
  if (const auto id = TaskId::parse(row.text("id"))) event.id = *id;
  row.read("seq", event.seq);
  row.read("queue", event.queue);
  row.read("name", event.name);
  row.read("state", event.state);
  row.read_time("time_ms", event.time);
  row.read("attempt", event.attempt);
  row.read("worker", event.worker);
  row.read("outcome", event.outcome);
  row.read("code", event.code);
  row.read_time("run_us", event.run);
  row.read_time("submitted_ms", event.submitted);
  row.read_time("ready_ms", event.ready);
  row.read("dead_letter", event.dead_letter);
  row.read_time("due_ms", event.due);
  row.read("from_queue", event.from_queue);
  row.read("priority", event.priority);
  row.read("from_priority", event.from_priority);
  row.read("label", event.label);
  row.read("traceparent", event.traceparent);
  row.read("tracestate", event.tracestate);
  if (event.kind == TaskEventKind::missed) read_missed(row, event.missed);
  return event;
}

TaskEvent missed_of(const Row& row, const std::string& run) {
  TaskEvent event;
  event.kind = TaskEventKind::missed;
  read_missed(row, event.missed);
  event.cursor = run + "-" + std::to_string(event.missed.end);
  return event;
}

}  // namespace

std::string_view event_name(TaskEventKind kind) noexcept {
  const auto number = static_cast<std::size_t>(kind);
  return kNames[number < kNames.size() ? number : 0];
}

EventStream::EventStream(detail::Ref<detail::Origin> engine, EventFilter filter)
    : engine_{std::move(engine)}, filter_{std::move(filter)}, cursor_{filter_.after}, asked_after_{filter_.after} {}

bool EventStream::begin_within(std::chrono::milliseconds how_long) {
  const auto deadline = std::chrono::steady_clock::now() + how_long;
  while (cursor_.empty())
    if (!fetch(deadline)) return false;
  return true;
}

TaskEvent EventStream::next() {
  while (events_.empty()) fetch(std::nullopt);
  auto event = std::move(events_.front());
  events_.pop_front();
  cursor_ = events_.empty() ? asked_after_ : event.cursor;
  return event;
}

std::optional<TaskEvent> EventStream::next_for(std::chrono::milliseconds how_long) {
  const auto deadline = std::chrono::steady_clock::now() + how_long;
  while (events_.empty())
    if (!fetch(deadline)) return std::nullopt;
  return next();
}

// Waits for the answer of the broker. Returns false at the deadline.
bool EventStream::fetch(std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (!asked_) {
    proto::Query query;
    query.kind = proto::QueryKind::events;
    query.argument = asked_after_;
    query.filter.id = filter_.id;
    query.filter.queue = filter_.queue;
    query.filter.name = filter_.name;
    query.filter.state = filter_.state;
    query.filter.ends = filter_.ends;
    query.filter.traced = filter_.traced;
    asked_ = detail::task_future<RawResult>(engine_of(engine_).tasks().query(std::move(query)));
  }
  if (deadline && !asked_->wait_for(*deadline - std::chrono::steady_clock::now())) return false;
  auto answered = std::move(*asked_);
  asked_.reset();
  take(std::move(answered).get().bytes);
  return true;
}

void EventStream::take(const std::string& answer) {
  try {
    const auto handle = msgpack::unpack(answer.data(), answer.size());
    const Row body{handle.get()};
    const auto run = body.text("run");
    const bool had_read_all = events_.empty();
    if (const auto* missed = body.find("missed")) events_.push_back(missed_of(Row{*missed}, run));
    if (const auto* rows = body.find("events"); rows != nullptr && rows->type == msgpack::type::ARRAY)
      for (const auto& row : rows->via.array) events_.push_back(event_of(Row{row}, run));
    asked_after_ = body.text("cursor");
    if (had_read_all && events_.empty()) cursor_ = asked_after_;
  } catch (const msgpack::unpack_error&) {
    throw DecodeError{"the broker's answer about events is not msgpack"};
  } catch (const msgpack::type_error&) {
    throw DecodeError{"the broker's answer about events has values of unexpected types"};
  }
}

EventStream Client::events(EventFilter filter) { return {engine_, std::move(filter)}; }

}  // namespace forkmill
