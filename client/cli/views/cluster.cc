#include "client/cli/views/cluster.h"

#include <array>
#include <map>
#include <utility>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

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

// A value that is true or false, in words. Older brokers leave it out.
Cell flag(const Json& body, const char* key, const char* when_true, const char* when_false) {
  return {value_of(body, key), is_true(body, key) ? when_true : when_false};
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
         text_of(body, "epoch") + ", listening on " + joined_texts(value_of(body, "listen"));
}

// Rows that differ only in the signature of their task, which is not shown, become one.
std::vector<Json> merged_by_task(const Json& rows) {
  std::vector<Json> merged;
  std::map<std::array<std::string, 3>, std::size_t> places;
  for (const auto& row : rows) {
    const auto [at, is_new] =
        places.try_emplace({text_of(row, "name"), text_of(row, "queue"), text_of(row, "reason")}, merged.size());
    if (is_new)
      merged.push_back(row);
    else
      merged[at->second]["count"] = number_of(merged[at->second], "count") + number_of(row, "count");
  }
  return merged;
}

Table unserved_table(const Json& body) {
  Table table{{{.name = "waiting", .right = true}, {.name = "task"}, {.name = "queue"}, {.name = "reason"}}};
  for (const auto& row : merged_by_task(value_of(body, "unserved"))) {
    table.add({plain(row, "count"), plain(row, "name"), plain(row, "queue"), plain(row, "reason")});
  }
  return table;
}

std::string memory_text(const Json& body) {
  std::string text = size(body, "rss_bytes").text;
  if (number_of(body, "memory_limit") > 0) text += " of at most " + size(body, "memory_limit").text;
  return text + (is_true(body, "memory_full") ? ": full, nothing is accepted" : "");
}

// "12 finished tasks, 3.0 KiB; 2 are missing; stopped: the disk is full"
std::string history_text(const Json& history) {
  std::string text = text_of(history, "tasks") + " finished tasks, " + size(history, "bytes").text;
  if (number_of(history, "dropped") > 0) text += "; " + text_of(history, "dropped") + " are missing";
  if (const auto why = text_of(history, "stopped"); !why.empty()) text += "; stopped: " + why;
  return text;
}

// "3 kept, 1.2 KiB; 2 not fetched, 1.0 KiB of at most 64.0 GiB"
std::string results_text(const Json& body) {
  std::string text = text_of(body, "results_kept") + " kept, " + size(body, "results_bytes").text;
  if (const auto unfetched = value_of(body, "unfetched"); unfetched.is_object()) {
    text += "; " + text_of(unfetched, "tasks") + " not fetched, " + size(unfetched, "bytes").text + " of at most " +
            size(unfetched, "limit").text;
  }
  return text;
}

// "4: 1,3 of tcp://a:7117; 2,4 of tcp://b:7117"
std::string shards_text(const Json& shards) {
  std::map<std::string, std::string> by_broker;
  for (const auto& shard : shards) {
    auto& numbers = by_broker[text_of(shard, "broker")];
    numbers += (numbers.empty() ? "" : ",") + text_of(shard, "shard");
  }
  std::string text = std::to_string(shards.size());
  const char* before = ": ";
  for (const auto& [broker, numbers] : by_broker)
    text += std::exchange(before, "; ") + numbers + (broker.empty() ? "" : " of " + broker);
  return text;
}

Json status_json(const Json& body) {
  auto status = shaped(
      body, {"software", "epoch",         "store",        "listen",        "uptime_ms",    "clients",   "workers",
             "children", "tasks",         "results_kept", "results_bytes", "dead_letters", "rss_bytes", "refused",
             "unserved", "paused_queues", "paused_names", "memory_limit",  "memory_full",  "history",   "unfetched"});
  for (const char* key : {"paused_queues", "paused_names"})
    if (!status[key].is_array()) status[key] = Json::array();
  status["tasks"] =
      shaped(value_of(body, "tasks"), {"scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"});
  status["unserved"] = shaped_rows(body, "unserved", {"queue", "name", "count", "reason"});
  const bool has_shards = value_of(body, "shards").is_array();
  status["shards"] =
      has_shards ? shaped_rows(body, "shards", {"shard", "broker", "listen", "epoch", "uptime_ms"}) : Json();
  return status;
}

}  // namespace

std::string joined_texts(const Json& list) {
  std::string text;
  for (const auto& word : list.is_array() ? list : Json::array()) {
    text += (text.empty() ? "" : ",") + (word.is_string() ? word.get<std::string>() : word.dump());
  }
  return text;
}

std::string worker_state(const Json& row) {
  // The broker grants a barred worker no task until it has started again, so it is draining as well.
  if (is_true(row, "barred")) return "barred";
  if (is_true(row, "draining")) return "draining";
  return number_of(row, "paused_ms") > 0 || is_true(row, "held") ? "paused" : "serving";
}

std::string render_status(const Json& body, Format format) {
  if (!for_people(format)) return render_json(status_json(body), format);
  const auto tasks = value_of(body, "tasks");
  Fields fields;
  fields.add("broker", broker_text(body));
  if (const auto shards = value_of(body, "shards"); shards.is_array()) fields.add("shards", Cell{shards_text(shards)});
  fields.add("clients", plain(body, "clients"));
  fields.add("workers", text_of(body, "workers") + " with " + text_of(body, "children") + " processes");
  fields.add("tasks", counts(tasks, {"scheduled", "ready", "running"}));
  fields.add("since_start", counts(tasks, {"succeeded", "failed", "cancelled", "expired"}));
  fields.add("results", results_text(body));
  fields.add("memory", memory_text(body));
  if (const auto history = value_of(body, "history"); !history.is_null()) fields.add("history", history_text(history));
  if (number_of(body, "refused") > 0)
    fields.add("refused", text_of(body, "refused") + " messages and tasks without the right, or over a quota");
  if (const auto paused = joined_texts(value_of(body, "paused_queues")); !paused.empty())
    fields.add("paused_queues", paused);
  if (const auto paused = joined_texts(value_of(body, "paused_names")); !paused.empty())
    fields.add("paused_names", paused);
  const auto unserved = unserved_table(body);
  return fields.render(format) + (unserved.empty() ? "" : "\n" + unserved.render(format, true));
}

Table paused_names_table(const Json& body) {
  Table table{{{.name = "name"}, {.name = "state"}}};
  for (const auto& name : value_of(body, "paused_names")) {
    table.add({Cell{name.is_string() ? name.get<std::string>() : name.dump()}, Cell{std::string{"paused"}}});
  }
  return table;
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
               {.name = "max_bytes", .wide = true, .right = true},
               {.name = "paused", .title = "state"},
               {.name = "max_running", .wide = true, .right = true},
               {.name = "limited", .title = "limits", .wide = true}}};
  for (const auto& row : value_of(body, "queues")) {
    table.add({plain(row, "name"), plain(row, "ready"), plain(row, "running"), plain(row, "scheduled"),
               duration_ms(row, "oldest_ready_ms"), plain(row, "workers"), size(row, "bytes"), limit(row, "max_tasks"),
               limit(row, "max_bytes"), flag(row, "paused", "paused", "open"), limit(row, "max_running"),
               flag(row, "limited", "set", "-")});
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
               {.name = "tasks", .wide = true},
               {.name = "held", .wide = true},
               {.name = "max_children", .title = "most", .wide = true, .right = true}}};
  for (const auto& row : value_of(body, "workers")) {
    const auto connected = number_of(row, "connected_at_ms");
    const auto held = flag(row, "held", "by an operator", "-");
    auto names = Json::array();
    for (const auto& task : value_of(row, "tasks")) names.push_back(text_of(task, "name"));
    table.add({plain(row, "name"), plain(row, "host"), plain(row, "pid"),
               Cell{value_of(row, "queues"), joined_texts(value_of(row, "queues"))}, plain(row, "children"),
               plain(row, "running"), plain(row, "finished"), plain(row, "lost"), Cell{worker_state(row)},
               plain(row, "waiting"), plain(row, "credit"),
               Cell{value_of(row, "connected_at_ms"),
                    connected == 0 ? "-" : format_duration(static_cast<double>(now_ms - connected) / 1000)},
               duration_ms(row, "silent_ms", "0s"), plain(row, "shortage"),
               Cell{value_of(row, "tasks"), joined_texts(names)}, held, limit(row, "max_children")});
  }
  return table;
}

Table steered_table(const Json& body) {
  Table table{{{.name = "name"}, {.name = "host"}, {.name = "answer"}}};
  for (const auto& row : value_of(body, "workers"))
    table.add({plain(row, "name"), plain(row, "host"), plain(row, "answer")});
  return table;
}

std::string render_limits(const Json& body, Format format) {
  if (!for_people(format))
    return render_json(shaped(body, {"queue", "max_tasks", "max_bytes", "max_running", "log_bytes"}), format);
  Fields fields;
  fields.add("queue", plain(body, "queue"));
  fields.add("max_tasks", limit(body, "max_tasks"));
  fields.add("max_bytes", text_of(body, "max_bytes") + " (" + size(body, "max_bytes").text + ")");
  fields.add("max_running", limit(body, "max_running"));
  fields.add("log_bytes", text_of(body, "log_bytes") + " (" + size(body, "log_bytes").text + ")");
  return fields.render(format);
}

std::string render_backup(const Json& body, Format format) {
  if (!for_people(format)) return render_json(shaped(body, {"path", "bytes"}), format);
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
