#include "client/cli/commands/views.h"

#include <algorithm>
#include <cstring>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kErrorWidth = 60;

std::string joined(const Json& list) {
  std::string text;
  for (const auto& word : list.is_array() ? list : Json::array()) {
    text += (text.empty() ? "" : ",") + (word.is_string() ? word.get<std::string>() : word.dump());
  }
  return text;
}

Cell duration_ms(const Json& body, const char* key, const char* when_zero = "-") {
  const auto ms = number_of(body, key);
  return {value_of(body, key), ms > 0 ? format_duration(static_cast<double>(ms) / 1000) : when_zero};
}

Cell size(const Json& body, const char* key) {
  return {value_of(body, key), format_bytes(static_cast<std::uint64_t>(number_of(body, key)))};
}

Cell limit(const Json& body, const char* key) {
  const auto max = number_of(body, key);
  return {value_of(body, key), max == 0 ? "-" : std::to_string(max)};
}

// "scheduled 0, ready 3, running 2"
std::string counts(const Json& tasks, std::initializer_list<const char*> states) {
  std::string text;
  for (const char* state : states) {
    text += std::string{text.empty() ? "" : ", "} + state + " " + std::to_string(number_of(tasks, state));
  }
  return text;
}

std::string broker_text(const Json& body) {
  return text_of(body, "software") + ", up " +
         format_duration(static_cast<double>(number_of(body, "uptime_ms")) / 1000) + ", epoch " +
         text_of(body, "epoch") + ", listening on " + joined(value_of(body, "listen"));
}

Table unserved_table(const Json& body) {
  Table table{{{.name = "waiting", .right = true}, {.name = "task"}, {.name = "queue"}, {.name = "reason"}}};
  for (const auto& row : value_of(body, "unserved")) {
    table.add({plain(row, "count"), plain(row, "name"), plain(row, "queue"), plain(row, "reason")});
  }
  return table;
}

std::string render_object(const Json& body, Format format) {
  return body.dump(format == Format::json ? 2 : -1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool for_people(Format format) { return format == Format::table || format == Format::wide; }

std::string error_text(const Json& error) {
  std::string text = text_of(error, "type");
  for (const char* key : {"message", "text"}) {
    const auto more = text_of(error, key);
    if (!more.empty()) text += (text.empty() ? "" : ": ") + more;
  }
  return text;
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

}  // namespace

std::string render_status(const Json& body, Format format) {
  if (!for_people(format)) return render_object(body, format);
  const auto tasks = value_of(body, "tasks");
  Fields fields;
  fields.add("broker", broker_text(body));
  fields.add("clients", plain(body, "clients"));
  fields.add("workers", text_of(body, "workers") + " with " + text_of(body, "children") + " processes");
  fields.add("tasks", counts(tasks, {"scheduled", "ready", "running"}));
  fields.add("since_start", counts(tasks, {"succeeded", "failed", "cancelled", "expired"}));
  fields.add("results", text_of(body, "results_kept") + " kept, " + size(body, "results_bytes").text);
  fields.add("memory", size(body, "rss_bytes"));
  const auto unserved = unserved_table(body);
  return fields.render(format) + (unserved.empty() ? "" : "\n" + unserved.render(format, true));
}

Table queue_table(const Json& body) {
  Table table{{{.name = "name"},
               {.name = "ready", .right = true},
               {.name = "running", .right = true},
               {.name = "scheduled", .right = true},
               {.name = "oldest_ready_ms", .title = "oldest", .right = true},
               {.name = "workers", .right = true},
               {.name = "bytes", .wide = true, .right = true},
               {.name = "max_tasks", .wide = true, .right = true},
               {.name = "max_bytes", .wide = true, .right = true}}};
  for (const auto& row : value_of(body, "queues")) {
    table.add({plain(row, "name"), plain(row, "ready"), plain(row, "running"), plain(row, "scheduled"),
               duration_ms(row, "oldest_ready_ms"), plain(row, "workers"), size(row, "bytes"), limit(row, "max_tasks"),
               limit(row, "max_bytes")});
  }
  return table;
}

Table worker_table(const Json& body, std::int64_t now_ms) {
  Table table{{{.name = "name"},
               {.name = "host"},
               {.name = "pid", .right = true},
               {.name = "queues"},
               {.name = "children", .title = "processes", .right = true},
               {.name = "running", .right = true},
               {.name = "finished", .right = true},
               {.name = "lost", .right = true},
               {.name = "state"},
               {.name = "waiting", .wide = true, .right = true},
               {.name = "credit", .wide = true, .right = true},
               {.name = "connected_at_ms", .title = "connected", .wide = true, .right = true},
               {.name = "silent_ms", .title = "silent", .wide = true, .right = true},
               {.name = "shortage", .wide = true},
               {.name = "tasks", .wide = true}}};
  for (const auto& row : value_of(body, "workers")) {
    const auto draining = value_of(row, "draining");
    const auto connected = number_of(row, "connected_at_ms");
    const bool is_draining = draining.is_boolean() && draining.get<bool>();
    const bool is_paused = number_of(row, "paused_ms") > 0;
    auto names = Json::array();
    for (const auto& task : value_of(row, "tasks")) names.push_back(text_of(task, "name"));
    table.add({plain(row, "name"), plain(row, "host"), plain(row, "pid"),
               Cell{value_of(row, "queues"), joined(value_of(row, "queues"))}, plain(row, "children"),
               plain(row, "running"), plain(row, "finished"), plain(row, "lost"),
               Cell{is_draining ? "draining"
                    : is_paused ? "paused"
                                : "serving"},
               plain(row, "waiting"), plain(row, "credit"),
               Cell{value_of(row, "connected_at_ms"),
                    connected == 0 ? "-" : format_duration(static_cast<double>(now_ms - connected) / 1000)},
               duration_ms(row, "silent_ms", "0s"), plain(row, "shortage"),
               Cell{value_of(row, "tasks"), joined(names)}});
  }
  return table;
}

Table task_table(const std::vector<Json>& rows, Format format, std::int64_t now_ms) {
  Table table{{{.name = "id"},
               {.name = "state"},
               {.name = "queue"},
               {.name = "name", .title = "task"},
               {.name = "attempt", .right = true},
               {.name = "submitted_at_ms", .title = "age", .right = true},
               {.name = "finished_at_ms", .title = "finished", .wide = true},
               {.name = "code", .wide = true},
               {.name = "message", .title = "error"}}};
  const auto length = format == Format::wide ? std::string::npos : short_id_length(rows);
  for (const auto& row : rows) {
    const auto age = static_cast<double>(now_ms - number_of(row, "submitted_at_ms")) / 1000;
    const auto error = first_line(text_of(row, text_of(row, "message").empty() ? "code" : "message"));
    table.add({Cell{value_of(row, "id"), text_of(row, "id").substr(0, length)}, plain(row, "state"),
               plain(row, "queue"), plain(row, "name"), plain(row, "attempt"),
               Cell{value_of(row, "submitted_at_ms"), format_duration(age)},
               Cell{value_of(row, "finished_at_ms"), format_time(number_of(row, "finished_at_ms"))}, plain(row, "code"),
               Cell{value_of(row, "message"), format == Format::wide ? error : shortened(error, kErrorWidth)}});
  }
  return table;
}

namespace {

Fields task_fields(const Json& body) {
  const auto attempt = number_of(body, "attempt");
  Fields fields;
  fields.add("id", plain(body, "id"));
  fields.add("task", plain(body, "name"));
  fields.add("queue", plain(body, "queue"));
  fields.add("state", plain(body, "state"));
  fields.add("reason", plain(body, "reason"));
  fields.add("attempt", std::to_string(attempt) + " of " + text_of(body, "max_attempts"));
  fields.add("priority", plain(body, "priority"));
  fields.add("submitted", format_time(number_of(body, "submitted_at_ms")));
  if (number_of(body, "not_before_ms") != 0) fields.add("not_before", format_time(number_of(body, "not_before_ms")));
  if (number_of(body, "finished_at_ms") != 0) fields.add("finished", format_time(number_of(body, "finished_at_ms")));
  fields.add("worker", plain(body, "worker"));
  if (value_of(body, "error").is_object()) fields.add("error", error_text(value_of(body, "error")));
  if (number_of(body, "result_bytes") != 0) fields.add("result", size(body, "result_bytes"));
  return fields;
}

// "signal 11 (Segmentation fault)", "exit status 3". Empty: the process did not end.
std::string end_text(const Json& error) {
  const auto signal = static_cast<int>(number_of(error, "signal"));
  if (signal != 0) return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  const auto exit_code = error.is_object() && error.contains("exit_code") ? number_of(error, "exit_code") : -1;
  return exit_code < 0 ? "" : "exit status " + std::to_string(exit_code);
}

}  // namespace

std::string render_task(const Json& body, Format format) {
  return for_people(format) ? task_fields(body).render(format) : render_object(body, format);
}

std::string render_dead(const Json& body, Format format) {
  if (!for_people(format)) return render_object(body, format);
  auto fields = task_fields(body);
  const auto error = value_of(body, "error");
  fields.add("code", plain(body, "code"));
  fields.add("process", end_text(error));
  fields.add("cause", plain(error, "cause"));
  fields.add("backtrace", plain(error, "backtrace"));
  fields.add("last_output", plain(error, "output"));
  if (body.contains("arguments"))
    fields.add("arguments", value_of(body, "arguments").dump(-1, ' ', false, Json::error_handler_t::replace));
  return fields.render(format);
}

std::string render_backup(const Json& body, Format format) {
  if (!for_people(format)) return render_object(body, format);
  Fields fields;
  fields.add("path", plain(body, "path"));
  fields.add("bytes", text_of(body, "bytes") + " (" + size(body, "bytes").text + ")");
  return fields.render(format);
}

std::string unserved_reason(const Json& status, const std::string& task, const std::string& queue) {
  for (const auto& row : value_of(status, "unserved")) {
    if (text_of(row, "name") == task && text_of(row, "queue") == queue) return text_of(row, "reason");
  }
  return {};
}

}  // namespace forkmill::cli
