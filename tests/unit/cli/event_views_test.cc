#include <doctest/doctest.h>

#include <vector>

#include "client/cli/views/events.h"

namespace forkmill::cli {
namespace {

TaskEvent event_of(TaskEventKind kind) {
  TaskEvent event;
  event.kind = kind;
  event.cursor = "ab-7";
  event.id = *TaskId::parse("01900000-0000-7000-8000-000000000001");
  event.queue = "mail";
  event.name = "mail.send";
  event.state = "running";
  event.time = std::chrono::milliseconds{1'700'000'000'250};
  event.attempt = 2;
  event.worker = "w1";
  return event;
}

std::vector<std::string> keys_of(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("an event has the same keys in JSON for each kind, and null for what is not known") {
  TaskEvent missed;
  missed.kind = TaskEventKind::missed;
  missed.cursor = "ab-9";
  missed.missed = {3, 9, true};
  const auto granted = event_json(event_of(TaskEventKind::granted));
  const auto lost = event_json(missed);
  CHECK(keys_of(granted) == keys_of(lost));
  CHECK(granted.at("kind") == "granted");
  CHECK(granted.at("worker") == "w1");
  CHECK(granted.at("outcome").is_null());
  CHECK(granted.at("run_us").is_null());
  CHECK(granted.at("missed").is_null());
  CHECK(lost.at("id").is_null());
  CHECK(lost.at("attempt").is_null());
  CHECK(lost.at("missed") == Json{{"first", 3}, {"end", 9}, {"count", 6}, {"restarted", true}});
}

TEST_CASE("a line for people has the kind, the task, and what is known of the attempt") {
  const auto line = event_line(event_of(TaskEventKind::granted));
  CHECK(has(line, ".250  granted      01900000-0000-7000-8000-000000000001  mail  mail.send  attempt 2 on w1\n"));
  auto retried = event_of(TaskEventKind::retried);
  retried.outcome = "lost";
  retried.code = "worker_lost";
  retried.run = std::chrono::milliseconds{1200};
  CHECK(has(event_line(retried), "attempt 2 on w1, ran 1.2s, lost (worker_lost)\n"));
  auto failed = event_of(TaskEventKind::failed);
  failed.outcome = "failed";
  failed.code = "handler_error";
  failed.dead_letter = true;
  CHECK(has(event_line(failed), "on w1, handler_error, dead letter\n"));
  auto expired = event_of(TaskEventKind::expired);
  expired.outcome = expired.code = "expired";
  CHECK(has(event_line(expired), "on w1\n"));
  auto moved = event_of(TaskEventKind::moved);
  moved.from_queue = "slow";
  moved.priority = 3;
  CHECK(has(event_line(moved), "from queue slow, priority 0 to 3\n"));
}

TEST_CASE("missed events are counted, and names cannot control the terminal") {
  TaskEvent missed;
  missed.kind = TaskEventKind::missed;
  missed.missed = {3, 9, false};
  CHECK(event_line(missed) == "-- 6 events missed\n");
  missed.missed = {0, 1, true};
  CHECK(has(event_line(missed), "the broker was restarted: 1 event missed"));
  auto odd = event_of(TaskEventKind::submitted);
  odd.label = "evil\x1b[31m\n";
  const auto line = event_line(odd);
  CHECK_FALSE(has(line, "\x1b"));
  CHECK(line.find('\n') == line.size() - 1);
}

}  // namespace
}  // namespace forkmill::cli
