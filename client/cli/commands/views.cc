#include "client/cli/commands/views.h"

#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

std::string text_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  if (at == body.end() || at->is_null()) return {};
  return at->is_string() ? at->get<std::string>() : at->dump();
}

std::int64_t number_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at != body.end() && at->is_number() ? at->get<std::int64_t>() : 0;
}

Json value_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at == body.end() ? Json{} : *at;
}

std::string joined(const Json& list) {
  std::string text;
  for (const auto& word : list.is_array() ? list : Json::array()) {
    text += (text.empty() ? "" : ",") + (word.is_string() ? word.get<std::string>() : word.dump());
  }
  return text;
}

Cell plain(const Json& body, const char* key) { return {value_of(body, key), text_of(body, key)}; }

Cell duration_ms(const Json& body, const char* key, const char* when_zero = "-") {
  const auto ms = number_of(body, key);
  return {value_of(body, key), ms > 0 ? format_duration(static_cast<double>(ms) / 1000) : when_zero};
}

Cell size(const Json& body, const char* key) {
  return {value_of(body, key), format_bytes(static_cast<std::uint64_t>(number_of(body, key)))};
}

Cell limit(const Json& body, const char* key) {
  const auto most = number_of(body, key);
  return {value_of(body, key), most == 0 ? "-" : std::to_string(most)};
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
               {.name = "tasks", .wide = true}}};
  for (const auto& row : value_of(body, "workers")) {
    const auto draining = value_of(row, "draining");
    const auto connected = number_of(row, "connected_at_ms");
    const bool leaves = draining.is_boolean() && draining.get<bool>();
    auto names = Json::array();
    for (const auto& task : value_of(row, "tasks")) names.push_back(text_of(task, "name"));
    table.add({plain(row, "name"), plain(row, "host"), plain(row, "pid"),
               Cell{value_of(row, "queues"), joined(value_of(row, "queues"))}, plain(row, "children"),
               plain(row, "running"), plain(row, "finished"), plain(row, "lost"), Cell{leaves ? "draining" : "serving"},
               plain(row, "waiting"), plain(row, "credit"),
               Cell{value_of(row, "connected_at_ms"),
                    connected == 0 ? "-" : format_duration(static_cast<double>(now_ms - connected) / 1000)},
               duration_ms(row, "silent_ms", "0s"), Cell{value_of(row, "tasks"), joined(names)}});
  }
  return table;
}

std::string render_task(const Json& body, Format format) {
  if (!for_people(format)) return render_object(body, format);
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
  fields.add("worker", plain(body, "worker"));
  if (value_of(body, "error").is_object()) fields.add("error", error_text(value_of(body, "error")));
  if (number_of(body, "result_bytes") != 0) fields.add("result", size(body, "result_bytes"));
  return fields.render(format);
}

std::string unserved_reason(const Json& status, const std::string& task, const std::string& queue) {
  for (const auto& row : value_of(status, "unserved")) {
    if (text_of(row, "name") == task && text_of(row, "queue") == queue) return text_of(row, "reason");
  }
  return {};
}

}  // namespace forkmill::cli
