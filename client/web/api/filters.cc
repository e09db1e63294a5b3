#include "client/web/api/filters.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "client/cli/text/when.h"

namespace forkmill::web {

namespace {

std::string text_in(const Parameters& parameters, const char* name) {
  const auto at = parameters.find(name);
  return at == parameters.end() ? "" : at->second;
}

std::chrono::milliseconds read_when(const Parameters& parameters, const char* name, std::chrono::milliseconds now) {
  const auto text = text_in(parameters, name);
  if (text.empty()) return std::chrono::milliseconds{0};
  const auto when = cli::parse_when(text, now);
  if (!when)
    throw Failure{400, "bad_parameter", "'" + std::string{name} + "' is not a time",
                  "write 10m (ago) or 2026-11-20T13:51:13Z"};
  return *when;
}

}  // namespace

std::vector<Parameter> filter_parameters(bool with_state) {
  constexpr auto kText = Parameter::Type::text;
  std::vector<Parameter> parameters{
      {"id", kText, "Only tasks whose ids start with this text"},
      {"queue", kText, "Only tasks of this queue"},
      {"task", kText, "Only tasks with this name"},
      {"since", kText, "Only tasks submitted at this time or later: 10m (ago), or 2026-11-20T13:51Z"},
      {"until", kText, "Only tasks submitted at this time or earlier"},
      {"error", kText, "Only tasks with this text in the type, message or code of the error"},
      {"argument", kText, "Only tasks with this text in their arguments or label"}};
  if (with_state)
    parameters.push_back({"state", kText,
                          "Only tasks in this state: scheduled, ready, running, succeeded, failed, cancelled or "
                          "expired"});
  return parameters;
}

TaskFilter read_filter(const Parameters& parameters, std::chrono::milliseconds now) {
  TaskFilter filter;
  filter.id = text_in(parameters, "id");
  filter.queue = text_in(parameters, "queue");
  filter.name = text_in(parameters, "task");
  filter.state = text_in(parameters, "state");
  filter.text = text_in(parameters, "error");
  filter.arguments = text_in(parameters, "argument");
  filter.since = read_when(parameters, "since", now);
  filter.until = read_when(parameters, "until", now);
  if (const auto finished = text_in(parameters, "finished"); finished == "true" || finished == "false")
    filter.finished = finished == "true";
  else if (!finished.empty())
    throw Failure{400, "bad_parameter", "'finished' is not true or false"};
  return filter;
}

std::vector<Parameter> event_parameters() {
  constexpr auto kText = Parameter::Type::text;
  return {{"id", kText, "Only tasks whose ids start with this text"},
          {"queue", kText, "Only tasks of this queue"},
          {"task", kText, "Only tasks with this name"},
          {"state", kText, "Only events after which the task is in this state"},
          {"after", kText, "The `cursor` of an event, behind which the stream begins; the header Last-Event-ID wins"}};
}

EventFilter read_event_filter(const Parameters& parameters) {
  const auto after = text_in(parameters, "after");
  // The stream repeats the cursor in a line of its own.
  if (std::any_of(after.begin(), after.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    throw Failure{400, "bad_parameter", "'after' is no cursor of events", "take it from an event"};
  return {.id = text_in(parameters, "id"),
          .queue = text_in(parameters, "queue"),
          .name = text_in(parameters, "task"),
          .state = text_in(parameters, "state"),
          .after = after};
}

Query read_log_query(const std::string& id, const Parameters& parameters) {
  constexpr std::uint64_t kLastAttempt = std::numeric_limits<std::uint32_t>::max();
  constexpr std::uint64_t kLastByte = std::numeric_limits<std::int64_t>::max();
  Query query{.kind = QueryKind::logs, .argument = id, .filter = {}};
  query.attempt = static_cast<std::uint32_t>(read_number(parameters, "attempt", 1, kLastAttempt, 0));
  query.from = read_number(parameters, "from", 0, kLastByte, 0);
  return query;
}

Parameters filter_of_body(const Json& body, bool with_state) {
  const auto known = filter_parameters(with_state);
  Parameters parameters;
  const auto filter = body.value("filter", Json::object());
  for (const auto& [name, value] : filter.items()) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&name = name](const Parameter& parameter) { return name == parameter.name; });
    if (!is_known || !value.is_string())
      throw Failure{400, "bad_parameter", "'" + name + "' in the filter is unknown, or not a text"};
    parameters[name] = value.get<std::string>();
  }
  return parameters;
}

std::uint64_t read_number(const Parameters& parameters, const char* name, std::uint64_t min, std::uint64_t max,
                          std::uint64_t fallback) {
  const auto at = parameters.find(name);
  if (at == parameters.end()) return fallback;
  const auto& text = at->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < min || number > max)
    throw Failure{
        400, "bad_parameter",
        "'" + std::string{name} + "' is not a number from " + std::to_string(min) + " to " + std::to_string(max)};
  return number;
}

std::chrono::milliseconds unix_time() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace forkmill::web
