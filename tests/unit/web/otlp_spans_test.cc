// The spans of tasks, from events, and their JSON.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "client/web/otlp/encoding.h"
#include "client/web/otlp/spans.h"

namespace forkmill::web::otlp_spans_test {
namespace {

using namespace forkmill::web::otlp;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kSubmitter = "00f067aa0ba902b7";
// The ids of the spans of the task below, as PROTOCOL.md has them.
constexpr const char* kTask = "634cd586bfd94c6a";
constexpr const char* kWaited = "39829bba2401d3dd";
constexpr const char* kRan = "1be354694a677ae4";

// An attempt that was due at 1,000 ms, started at 1,500 ms and ended at 2,000 ms.
TaskEvent ended(TaskEventKind kind, std::uint32_t attempt = 1) {
  TaskEvent event;
  event.kind = kind;
  event.id = *TaskId::parse("0190163d-8694-739b-aea5-966c26f8ad91");
  event.seq = 1042;
  event.queue = "mail";
  event.name = "mail.send";
  event.time = 2000ms;
  event.attempt = attempt;
  event.worker = "w1";
  event.outcome = std::string{event_name(kind)};
  event.run = 500ms;
  event.submitted = 900ms;
  event.ready = 1000ms;
  event.traceparent = std::string{"00-"} + kTrace + "-" + kSubmitter + "-01";
  event.tracestate = "vendor=1";
  return event;
}

// The value of an attribute; null: there is none.
Json value_of(const Json& attributes, const std::string& key) {
  for (const auto& one : attributes)
    if (one.at("key") == key) return one.at("value");
  return nullptr;
}

Json json_of(const Span& span) { return Json::parse(encoded(span)); }

std::vector<std::string> names(const std::vector<Span>& spans) {
  std::vector<std::string> list;
  for (const auto& span : spans) list.push_back(span.name);
  return list;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a task that has succeeded has spans of its wait, its run and itself, below that of its submitter") {
  const auto spans = spans_of(ended(TaskEventKind::succeeded), Tasks::traced);
  REQUIRE(names(spans) == Names{"wait mail.send", "run mail.send", "mail.send"});
  for (const auto& span : spans) {
    CHECK(span.trace_id == kTrace);
    CHECK(span.trace_state == "vendor=1");
    CHECK((span.flags & 0xff) == 1);
    CHECK(span.status == Span::Status::unset);
  }
  CHECK(spans[0].span_id == kWaited);
  CHECK(spans[0].parent_id == kTask);
  CHECK(spans[0].start == 1000ms);
  CHECK(spans[0].end == 1500ms);
  CHECK(spans[1].span_id == kRan);
  CHECK(spans[1].parent_id == kTask);
  CHECK(spans[1].kind == Span::Kind::consumer);
  CHECK(spans[1].start == 1500ms);
  CHECK(spans[1].end == 2000ms);
  CHECK(spans[2].span_id == kTask);
  CHECK(spans[2].parent_id == kSubmitter);
  CHECK(spans[2].start == 900ms);
  CHECK(spans[2].end == 2000ms);
  CHECK((spans[2].flags & 0x300) == 0x300);  // the parent is of another program
  CHECK((spans[1].flags & 0x300) == 0x100);
}

TEST_CASE("an attempt that is followed by another one has spans of its own, and tells the retry") {
  auto event = ended(TaskEventKind::retried);
  event.outcome = "lost";
  event.code = "worker_lost";
  event.due = 3000ms;
  const auto spans = spans_of(event, Tasks::traced);
  REQUIRE(names(spans) == Names{"wait mail.send", "run mail.send"});
  CHECK(spans[1].status == Span::Status::error);
  CHECK(spans[1].status_text == "lost: worker_lost");
  const auto json = json_of(spans[1]);
  CHECK(json.at("status") == Json{{"code", 2}, {"message", "lost: worker_lost"}});
  CHECK(value_of(json.at("attributes"), "forkmill.outcome") == Json{{"stringValue", "lost"}});
  CHECK(value_of(json.at("attributes"), "error.type") == Json{{"stringValue", "worker_lost"}});
  REQUIRE(json.at("events").size() == 1);
  CHECK(json["events"][0].at("name") == "forkmill.retry");
  CHECK(json["events"][0].at("timeUnixNano") == "2000000000");
  CHECK(value_of(json["events"][0].at("attributes"), "forkmill.retry.due_ms") == Json{{"intValue", "3000"}});
}

TEST_CASE("the span of a task has the number of its attempts and how it ended") {
  auto event = ended(TaskEventKind::failed, 3);
  event.code = "handler_error";
  event.dead_letter = true;
  const auto spans = spans_of(event, Tasks::traced);
  REQUIRE(spans.size() == 3);
  CHECK(spans[2].span_id == kTask);  // the same for each attempt
  CHECK(spans[1].span_id != kRan);
  CHECK(spans[2].status == Span::Status::error);
  const auto json = json_of(spans[2]);
  CHECK(value_of(json.at("attributes"), "forkmill.attempts") == Json{{"intValue", "3"}});
  CHECK(json.at("events").at(0).at("name") == "forkmill.dead_letter");
}

TEST_CASE("a task that has expired, or was cancelled, before its next attempt has waited for that attempt") {
  auto event = ended(TaskEventKind::expired, 0);
  event.run = 0us;
  event.worker.clear();
  auto spans = spans_of(event, Tasks::traced);
  REQUIRE(names(spans) == Names{"wait mail.send", "mail.send"});
  CHECK(spans[0].span_id == kWaited);
  CHECK(spans[0].end == 2000ms);
  CHECK(spans[1].status == Span::Status::error);
  event.kind = TaskEventKind::cancelled;
  event.outcome = "cancelled";
  event.ready = 9000ms;  // was not due yet
  spans = spans_of(event, Tasks::traced);
  REQUIRE(names(spans) == Names{"mail.send"});
  CHECK(spans[0].status == Span::Status::unset);
}

TEST_CASE("an attempt that was lost at once has run nevertheless") {
  auto event = ended(TaskEventKind::retried);
  event.outcome = "lost";
  event.run = 0us;
  const auto spans = spans_of(event, Tasks::traced);
  REQUIRE(names(spans) == Names{"wait mail.send", "run mail.send"});
  CHECK(spans[0].span_id == kWaited);
  CHECK(spans[1].span_id == kRan);
  CHECK(spans[1].start == spans[1].end);
}

TEST_CASE("times within a millisecond of the broker's clock never run backwards") {
  auto event = ended(TaskEventKind::succeeded);
  event.submitted = event.ready = event.time = 2000ms;
  event.run = 600us;
  const auto spans = spans_of(event, Tasks::traced);
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].start == 2000ms);
  CHECK(spans[0].end == 2000ms);
  CHECK(spans[1].end == 2000ms + 600us);
  CHECK(spans[2].start == 2000ms);
  CHECK(spans[2].end == 2000ms + 600us);
}

TEST_CASE("a broker that does not know when a task was submitted or due leaves these spans out or shortens them") {
  auto event = ended(TaskEventKind::succeeded);
  event.submitted = event.ready = 0ms;
  auto spans = spans_of(event, Tasks::traced);
  REQUIRE(names(spans) == Names{"run mail.send", "mail.send"});
  CHECK(spans[1].start == 1500ms);
  event.ready = 1800ms;  // the broker was restarted while the attempt ran
  spans = spans_of(event, Tasks::traced);
  CHECK(names(spans) == Names{"run mail.send", "mail.send"});
}

TEST_CASE("traces that are not sampled, other events, and without the option tasks without a trace have no spans") {
  auto event = ended(TaskEventKind::succeeded);
  event.traceparent.back() = '0';
  CHECK(spans_of(event, Tasks::traced).empty());
  CHECK(spans_of(event, Tasks::all).empty());
  for (const auto& none : {"", "00-1-2-01"}) {
    event.traceparent = none;
    CHECK(spans_of(event, Tasks::traced).empty());
    const auto spans = spans_of(event, Tasks::all);
    REQUIRE(spans.size() == 3);
    CHECK(spans[2].trace_id == "0190163d8694739baea5966c26f8ad91");
    CHECK(spans[2].parent_id.empty());
    CHECK(spans[2].trace_state.empty());
    CHECK(spans[1].parent_id == spans[2].span_id);
  }
  for (const auto kind : {TaskEventKind::submitted, TaskEventKind::granted, TaskEventKind::missed})
    CHECK(spans_of(ended(kind), Tasks::all).empty());
}

TEST_CASE("a request has the spans in the shape of OTLP") {
  auto event = ended(TaskEventKind::succeeded);
  event.label = "bad \xff byte";
  std::vector<std::string> texts;
  for (const auto& span : spans_of(event, Tasks::traced)) texts.push_back(encoded(span));
  const Envelope envelope{{{"service.name", "shop \"one\""}}, "1.2"};
  const auto json = Json::parse(envelope.around(texts));
  REQUIRE(json.at("resourceSpans").size() == 1);
  const auto& part = json["resourceSpans"][0];
  CHECK(part.at("resource") ==
        Json{{"attributes", {{{"key", "service.name"}, {"value", {{"stringValue", "shop \"one\""}}}}}}});
  CHECK(part.at("scopeSpans").at(0).at("scope") == Json{{"name", "forkmill"}, {"version", "1.2"}});
  const auto& spans = part["scopeSpans"][0].at("spans");
  REQUIRE(spans.size() == 3);
  const auto& ran = spans[1];
  CHECK(ran.at("traceId") == kTrace);
  CHECK(ran.at("spanId") == kRan);
  CHECK(ran.at("parentSpanId") == kTask);
  CHECK(ran.at("traceState") == "vendor=1");
  CHECK(ran.at("kind") == 5);
  CHECK(ran.at("startTimeUnixNano") == "1500000000");
  CHECK(ran.at("endTimeUnixNano") == "2000000000");
  CHECK(ran.at("status") == Json::object());
  CHECK(value_of(ran.at("attributes"), "forkmill.worker") == Json{{"stringValue", "w1"}});
  CHECK(value_of(ran.at("attributes"), "forkmill.attempt") == Json{{"intValue", "1"}});
  CHECK(value_of(ran.at("attributes"), "messaging.destination.name") == Json{{"stringValue", "mail"}});
  CHECK(value_of(spans[2].at("attributes"), "forkmill.task.label") == Json{{"stringValue", "bad \xef\xbf\xbd byte"}});
  CHECK(Json::parse(envelope.around({})).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").empty());
}

TEST_CASE("the answer of a collector may reject some of the spans") {
  CHECK(rejected_spans("") == 0);
  CHECK(rejected_spans("<html>") == 0);
  CHECK(rejected_spans("[1]") == 0);
  CHECK(rejected_spans("{}") == 0);
  CHECK(rejected_spans(R"({"partialSuccess":{}})") == 0);
  CHECK(rejected_spans(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}})") == 3);
  CHECK(rejected_spans(R"({"partialSuccess":{"rejectedSpans":2}})") == 2);
  CHECK(rejected_spans(R"({"partialSuccess":{"rejectedSpans":-2}})") == 0);
}

}  // namespace forkmill::web::otlp_spans_test
