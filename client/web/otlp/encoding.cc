#include "client/web/otlp/encoding.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace forkmill::web::otlp {

namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string time_text(std::chrono::nanoseconds time) { return std::to_string(time.count()); }

Json attribute(std::string_view name, Json value) { return {{"key", std::string{name}}, {"value", std::move(value)}}; }

Json attributes_json(const Attributes& attributes) {
  auto list = Json::array();
  for (const auto& [name, value] : attributes) {
    const auto* text = std::get_if<std::string>(&value);
    list.push_back(attribute(name, text != nullptr
                                       ? Json{{"stringValue", *text}}
                                       : Json{{"intValue", std::to_string(std::get<std::int64_t>(value))}}));
  }
  return list;
}

Json events_json(const std::vector<Span::Event>& events) {
  auto list = Json::array();
  for (const auto& event : events) {
    list.push_back({{"timeUnixNano", time_text(event.time)},
                    {"name", std::string{event.name}},
                    {"attributes", attributes_json(event.attributes)}});
  }
  return list;
}

Json status_json(const Span& span) {
  auto json = Json::object();
  if (span.status == Span::Status::unset) return json;
  json["code"] = static_cast<int>(span.status);
  if (!span.status_text.empty()) json["message"] = span.status_text;
  return json;
}

}  // namespace

std::string encoded(const Span& span) {
  Json json{{"traceId", span.trace_id}, {"spanId", span.span_id}};
  if (!span.parent_id.empty()) json["parentSpanId"] = span.parent_id;
  if (!span.trace_state.empty()) json["traceState"] = span.trace_state;
  json["flags"] = span.flags;
  json["name"] = span.name;
  json["kind"] = static_cast<int>(span.kind);
  json["startTimeUnixNano"] = time_text(span.start);
  json["endTimeUnixNano"] = time_text(span.end);
  json["attributes"] = attributes_json(span.attributes);
  if (!span.events.empty()) json["events"] = events_json(span.events);
  json["status"] = status_json(span);
  return dumped(json);
}

Envelope::Envelope(const std::map<std::string, std::string>& resource, const std::string& version) {
  auto attributes = Json::array();
  for (const auto& [name, value] : resource) attributes.push_back(attribute(name, Json{{"stringValue", value}}));
  const Json scope{{"name", "forkmill"}, {"version", version}};
  head_ = R"({"resourceSpans":[{"resource":{"attributes":)" + dumped(attributes) + R"(},"scopeSpans":[{"scope":)" +
          dumped(scope) + R"(,"spans":[)";
}

std::string Envelope::around(const std::vector<std::string>& spans) const {
  std::string body = head_;
  for (std::size_t i = 0; i < spans.size(); ++i) body.append(i == 0 ? "" : ",").append(spans[i]);
  return body + "]}]}]}";
}

std::uint64_t rejected_spans(const std::string& answer) {
  const auto json = Json::parse(answer, nullptr, false);
  if (!json.is_object()) return 0;
  const auto part = json.find("partialSuccess");
  if (part == json.end() || !part->is_object()) return 0;
  const auto count = part->find("rejectedSpans");
  if (count == part->end()) return 0;
  if (count->is_number_unsigned()) return count->get<std::uint64_t>();
  std::uint64_t number = 0;
  if (count->is_string()) {
    const auto& text = count->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

}  // namespace forkmill::web::otlp
