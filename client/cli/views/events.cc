#include "client/cli/views/events.h"

#include <cstdio>
#include <ctime>
#include <vector>

#include "client/cli/text/human.h"
#include "client/cli/text/joined.h"

namespace forkmill::cli {

namespace {

Json text_or_null(std::string_view text) { return text.empty() ? Json{} : Json(std::string{text}); }

Json count_or_null(std::int64_t count) { return count == 0 ? Json{} : Json(count); }

Json missed_json(const MissedEvents& missed) {
  return {{"first", missed.first},
          {"end", missed.end},
          {"count", missed.end - missed.first},
          {"restarted", missed.restarted}};
}

bool is_end_of_attempt(const TaskEvent& event) { return !event.outcome.empty(); }

// "13:51:13.250", in local time.
std::string clock_text(std::chrono::milliseconds unix_time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(unix_time).count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  const auto length = std::strftime(static_cast<char*>(text), sizeof text, "%H:%M:%S", &local);
  char fraction[8];
  std::snprintf(static_cast<char*>(fraction), sizeof fraction, ".%03d", static_cast<int>(unix_time.count() % 1000));
  return std::string{static_cast<char*>(text), length} + static_cast<char*>(fraction);
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string missed_line(const MissedEvents& missed) {
  const auto counted = format_count(missed.end - missed.first, "event");
  if (!missed.restarted) return "-- " + counted + " missed\n";
  return "-- the broker was restarted: " + counted + " missed, and an unknown number before the restart\n";
}

// "attempt 2 on host-1, ran 1.2s, lost (worker_lost), due 13:51:20.000".
std::string details(const TaskEvent& event) {
  std::vector<std::string> parts;
  std::string attempt;
  if (event.attempt > 0) attempt = "attempt " + std::to_string(event.attempt);
  if (!event.worker.empty()) attempt += (attempt.empty() ? "on " : " on ") + event.worker;
  if (!attempt.empty()) parts.push_back(attempt);
  if (event.run.count() > 0)
    parts.push_back("ran " + format_duration(std::chrono::duration<double>(event.run).count()));
  const bool says_more = is_end_of_attempt(event) && event.outcome != event_name(event.kind);
  const std::string code = event.code == event_name(event.kind) ? "" : event.code;
  if (says_more) parts.push_back(event.outcome + (code.empty() ? "" : " (" + code + ")"));
  if (!says_more && !code.empty()) parts.push_back(code);
  if (event.dead_letter) parts.emplace_back("dead letter");
  if (event.due.count() > 0) parts.push_back("due " + clock_text(event.due));
  if (!event.from_queue.empty() && event.from_queue != event.queue) parts.push_back("from queue " + event.from_queue);
  if (event.priority != event.from_priority)
    parts.push_back("priority " + std::to_string(event.from_priority) + " to " + std::to_string(event.priority));
  if (!event.label.empty()) parts.push_back(event.label);
  return joined(parts, ", ");
}

}  // namespace

Json event_json(const TaskEvent& event) {
  const bool is_missed = event.kind == TaskEventKind::missed;
  const bool is_moved = event.kind == TaskEventKind::moved;
  return {{"kind", std::string{event_name(event.kind)}},
          {"cursor", event.cursor},
          {"at_ms", count_or_null(event.time.count())},
          {"id", is_missed ? Json{} : Json(event.id.to_string())},
          {"queue", text_or_null(event.queue)},
          {"name", text_or_null(event.name)},
          {"state", text_or_null(event.state)},
          {"attempt", is_missed ? Json{} : Json(event.attempt)},
          {"worker", text_or_null(event.worker)},
          {"outcome", text_or_null(event.outcome)},
          {"code", text_or_null(event.code)},
          {"run_us", is_end_of_attempt(event) ? Json(event.run.count()) : Json{}},
          {"dead_letter", is_missed ? Json{} : Json(event.dead_letter)},
          {"due_at_ms", count_or_null(event.due.count())},
          {"from_queue", text_or_null(event.from_queue)},
          {"priority", is_moved ? Json(event.priority) : Json{}},
          {"from_priority", is_moved ? Json(event.from_priority) : Json{}},
          {"label", text_or_null(event.label)},
          {"traceparent", text_or_null(event.traceparent)},
          {"missed", is_missed ? missed_json(event.missed) : Json{}}};
}

std::string event_line(const TaskEvent& event) {
  if (event.kind == TaskEventKind::missed) return missed_line(event.missed);
  const auto more = details(event);
  return clock_text(event.time) + "  " + padded(std::string{event_name(event.kind)}, 11) + "  " + event.id.to_string() +
         "  " + printable(event.queue) + "  " + printable(event.name) + (more.empty() ? "" : "  " + printable(more)) +
         "\n";
}

}  // namespace forkmill::cli
