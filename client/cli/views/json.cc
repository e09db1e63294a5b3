#include "client/cli/views/json.h"

#include <array>

#include "client/cli/text/answers.h"
#include "client/cli/text/label.h"

namespace forkmill::cli {

namespace {

// The words of the numbers in `kind` (PROTOCOL.md, RESULTS). Null: the task has no outcome yet.
Json outcome_word(const Json& kind) {
  static constexpr std::array kWords{"succeeded", "failed",    "retry",   "lost",
                                     "timed_out", "cancelled", "expired", "rejected"};
  if (!kind.is_number_integer()) return {};
  const auto number = kind.get<std::int64_t>();
  const bool known = number >= 1 && number <= static_cast<std::int64_t>(kWords.size());
  return known ? Json(kWords.at(static_cast<std::size_t>(number - 1))) : Json("unknown");
}

// An empty text stands for something that is not known.
Json known_text(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().empty() ? Json{} : value;
}

Json known_number(const Json& value, std::int64_t unknown) {
  return value.is_number_integer() && value.get<std::int64_t>() == unknown ? Json{} : value;
}

// The command line of forkmill.exec in the arguments of the task. Empty: `arguments` are others, or cut off.
std::string command_of_arguments(const Json& arguments) {
  constexpr std::size_t kArgv = 0;
  constexpr std::size_t kShell = 4;
  if (!arguments.is_array() || arguments.size() != 1 || !arguments[0].is_array() || arguments[0].size() <= kShell)
    return {};
  const auto& request = arguments[0];
  if (!request[kArgv].is_array() || !request[kShell].is_boolean()) return {};
  std::vector<std::string> argv;
  for (const auto& word : request[kArgv]) {
    if (!word.is_string()) return {};
    argv.push_back(word.get<std::string>());
  }
  return command_line(argv, request[kShell].get<bool>());
}

// The command that the task runs, or its label.
Json command_of(const Json& row) {
  std::string command;
  if (text_of(row, "name") == "forkmill.exec") command = command_of_arguments(value_of(row, "arguments"));
  return command.empty() ? known_text(value_of(row, "label")) : Json(command);
}

}  // namespace

Json shaped(const Json& body, std::initializer_list<const char*> keys) {
  auto object = Json::object();
  for (const char* key : keys) object[key] = value_of(body, key);
  return object;
}

Json shaped_rows(const Json& body, const char* key, std::initializer_list<const char*> keys) {
  auto rows = Json::array();
  const auto found = value_of(body, key);
  for (const auto& row : found.is_array() ? found : Json::array()) rows.push_back(shaped(row, keys));
  return rows;
}

std::string render_json(const Json& body, Format format) {
  return body.dump(format == Format::json ? 2 : -1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool for_people(Format format) { return format == Format::table || format == Format::wide; }

Json error_json(const Json& row) {
  const auto details = value_of(row, "error");
  const auto& error = details.is_object() ? details : row;
  if (text_of(row, "code").empty() && !details.is_object()) return {};
  auto object = Json::object();
  object["code"] = known_text(value_of(row, "code"));
  for (const char* key : {"type", "message", "cause", "backtrace"}) object[key] = known_text(value_of(error, key));
  object["exit_code"] = known_number(value_of(error, "exit_code"), -1);
  object["signal"] = known_number(value_of(error, "signal"), 0);
  object["output"] = known_text(value_of(error, "output"));
  return object;
}

Json attempts_json(const Json& row) {
  return shaped_rows(row, "attempts",
                     {"attempt", "outcome", "code", "message", "worker", "ended_at_ms", "started_at_ms"});
}

Json task_json(const Json& row, bool details) {
  auto task =
      shaped(row, {"id", "state", "queue", "name", "attempt", "submitted_at_ms", "started_at_ms", "finished_at_ms"});
  task["command"] = command_of(row);
  task["error"] = error_json(row);
  task["history"] = is_true(row, "history");
  if (!details) return task;
  for (const char* key : {"max_attempts", "priority", "not_before_ms"}) task[key] = value_of(row, key);
  task["worker"] = known_text(value_of(row, "worker"));
  task["grant"] = value_of(row, "grant");
  task["outcome"] = outcome_word(value_of(row, "kind"));
  task["reason"] = known_text(value_of(row, "reason"));
  task["result_bytes"] = value_of(row, "result_bytes");
  task["arguments"] = value_of(row, "arguments");
  task["attempts"] = attempts_json(row);
  task["headers"] = value_of(row, "headers").is_object() ? value_of(row, "headers") : Json::object();
  task["result"] = value_of(row, "result");
  return task;
}

}  // namespace forkmill::cli
