#include "client/cli/views/tasks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/cli/text/fields.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kErrorWidth = 60;
constexpr std::size_t kCommandWidth = 40;

std::string error_text(const Json& error) {
  std::string text = text_of(error, "type");
  const auto message = text_of(error, "message");
  if (!message.empty()) text += (text.empty() ? "" : ": ") + message;
  return text.empty() ? text_of(error, "code") : text;
}

// The length of the id prefixes in a list. The default length distinguishes a task from all others of its millisecond
// in practice; a longer one is returned if that does not distinguish the ids of `rows`.
std::size_t short_id_length(const std::vector<Json>& rows) {
  constexpr std::size_t kDefaultLength = 23;  // three dashes, 48 bits of time and 28 other bits
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows) ids.push_back(text_of(row, "id"));
  std::sort(ids.begin(), ids.end());
  std::size_t length = kDefaultLength;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto same = std::mismatch(ids[i].begin(), ids[i].end(), ids[i - 1].begin(), ids[i - 1].end()).first;
    length = std::max(length, static_cast<std::size_t>(same - ids[i].begin()) + 1);
  }
  return length;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string shortened(const std::string& text, std::size_t max_width) {
  if (text_width(text) <= max_width) return text;
  auto end = text.begin();
  const auto continues = [&] { return end != text.end() && (*end & 0xC0) == 0x80; };
  for (std::size_t width = 1; width < max_width; ++width) {
    ++end;
    while (continues()) ++end;
  }
  return std::string{text.begin(), end} + "…";
}

// How long the attempt that runs, or the last one, has been running. Empty: there is none, or its start is not known.
std::string run_time(const Json& task, std::int64_t now_ms) {
  const auto start = number_of(task, "started_at_ms");
  const auto end = number_of(task, "finished_at_ms");
  return start == 0 ? "" : format_duration(static_cast<double>((end == 0 ? now_ms : end) - start) / 1000);
}

// Whether the result of the task is still kept.
std::string result_text(const Json& task) {
  if (number_of(task, "finished_at_ms") == 0) return "-";
  return is_true(task, "history") ? "gone" : "kept";
}

// The column `result` is shown if the result of a task is no longer kept.
Table task_table(const std::vector<Json>& tasks, bool wide, std::int64_t now_ms) {
  const bool is_history =
      std::any_of(tasks.begin(), tasks.end(), [](const Json& task) { return is_true(task, "history"); });
  std::vector<Column> columns{{.name = "id"},
                              {.name = "state"},
                              {.name = "queue"},
                              {.name = "task"},
                              {.name = "attempt", .right = true},
                              {.name = "age", .right = true},
                              {.name = "started"},
                              {.name = "duration", .right = true},
                              {.name = "finished", .wide = true},
                              {.name = "command"},
                              {.name = "code", .wide = true},
                              {.name = "error"}};
  if (is_history) columns.push_back({.name = "result"});
  Table table{std::move(columns)};
  const auto length = wide ? std::string::npos : short_id_length(tasks);
  const auto cut = [wide](const std::string& text, std::size_t width) { return wide ? text : shortened(text, width); };
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const auto& task : tasks) {
    const auto age = static_cast<double>(now_ms - number_of(task, "submitted_at_ms")) / 1000;
    const auto started = number_of(task, "started_at_ms");
    const auto details = value_of(task, "error");
    const auto error = first_line(text_of(details, text_of(details, "message").empty() ? "code" : "message"));
    std::vector<Cell> row{text_of(task, "id").substr(0, length),
                          plain(task, "state"),
                          plain(task, "queue"),
                          plain(task, "name"),
                          plain(task, "attempt"),
                          format_duration(age),
                          wide ? format_time(started) : format_clock(started, now_ms),
                          or_dash(run_time(task, now_ms)),
                          format_time(number_of(task, "finished_at_ms")),
                          or_dash(cut(first_line(text_of(task, "command")), kCommandWidth)),
                          text_of(details, "code"),
                          cut(error, kErrorWidth)};
    if (is_history) row.emplace_back(result_text(task));
    table.add(std::move(row));
  }
  return table;
}

Fields task_fields(const Json& task, std::int64_t now_ms) {
  const auto time = [&](const char* key) { return number_of(task, key) == 0 ? "" : format_time(number_of(task, key)); };
  Fields fields;
  for (const char* key : {"id", "name", "command", "queue", "state", "reason"})
    fields.add(std::string_view{key} == "name" ? "task" : key, plain(task, key));
  fields.add("attempt", std::to_string(number_of(task, "attempt")) + " of " + text_of(task, "max_attempts"));
  fields.add("priority", plain(task, "priority"));
  fields.add("submitted", format_time(number_of(task, "submitted_at_ms")));
  fields.add("not_before", time("not_before_ms"));
  fields.add("started", time("started_at_ms"));
  fields.add("duration", run_time(task, now_ms));
  fields.add("finished", time("finished_at_ms"));
  fields.add("worker", plain(task, "worker"));
  fields.add("error", error_text(value_of(task, "error")));
  const auto result = number_of(task, "result_bytes");
  fields.add("result", result == 0 ? "" : format_bytes(static_cast<std::uint64_t>(result)));
  return fields;
}

// "signal 11 (Segmentation fault)", "exit status 3". Empty: the process did not end.
std::string end_text(const Json& error) {
  const auto signal = static_cast<int>(number_of(error, "signal"));
  if (signal != 0) return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  const auto exit_code = text_of(error, "exit_code");
  return exit_code.empty() ? "" : "exit status " + exit_code;
}

}  // namespace

std::string render_tasks(const std::vector<Json>& rows, Format format, bool headers, std::int64_t now_ms) {
  std::vector<Json> tasks;
  tasks.reserve(rows.size());
  for (const auto& row : rows) tasks.push_back(task_json(row, false));
  if (for_people(format)) return task_table(tasks, format == Format::wide, now_ms).render(format, headers);
  if (format == Format::json) return render_json(tasks, format);
  std::string lines;
  for (const auto& task : tasks) lines += render_json(task, format);
  return lines;
}

std::string render_task(const Json& body, Format format, std::int64_t now_ms) {
  const auto task = task_json(body, true);
  return for_people(format) ? task_fields(task, now_ms).render(format) : render_json(task, format);
}

std::string render_dead(const Json& body, Format format, std::int64_t now_ms) {
  const auto task = task_json(body, true);
  if (!for_people(format)) return render_json(task, format);
  auto fields = task_fields(task, now_ms);
  const auto error = value_of(task, "error");
  fields.add("code", plain(error, "code"));
  fields.add("process", end_text(error));
  fields.add("cause", plain(error, "cause"));
  fields.add("backtrace", plain(error, "backtrace"));
  fields.add("last_output", plain(error, "output"));
  if (const auto arguments = value_of(task, "arguments"); !arguments.is_null())
    fields.add("arguments", arguments.dump(-1, ' ', false, Json::error_handler_t::replace));
  return fields.render(format);
}

}  // namespace forkmill::cli
