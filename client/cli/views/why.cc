#include "client/cli/views/why.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

// Adds the findings, one per line, below a line that says what they are about.
std::string with_findings(const std::string& head, const Json& row) {
  std::string text = printable(head) + "\n";
  for (const auto& one : value_of(row, "findings")) text += "  " + printable(text_of(one, "text")) + "\n";
  return text;
}

Json shaped_why(const Json& row, std::initializer_list<const char*> keys) {
  auto json = shaped(row, keys);
  json["findings"] = shaped_rows(row, "findings", {"reason", "text"});
  return json;
}

// "; shard 2, of tcp://a:7117". Empty: the cluster has one shard.
std::string shard_text(const Json& row) {
  if (value_of(row, "shard").is_null()) return {};
  return "; shard " + text_of(row, "shard") + ", of " + text_of(row, "broker");
}

void add_shard(Json& json, const Json& row) {
  json["shard"] = value_of(row, "shard");
  json["broker"] = value_of(row, "broker");
}

Json rows_json(const Json& body, const char* list, std::initializer_list<const char*> keys) {
  auto rows = Json::array();
  for (const auto& row : value_of(body, list)) rows.push_back(shaped_why(row, keys));
  return rows;
}

std::string render_rows(const Json& rows, Format format) {
  if (format == Format::json) return render_json(rows, format);
  std::string lines;
  for (const auto& row : rows) lines += render_json(row, format);
  return lines;
}

}  // namespace

Json why_task_json(const Json& body) {
  auto json = shaped_why(body, {"id", "state", "queue", "name", "attempt", "max_attempts"});
  json["attempts"] = attempts_json(body);
  add_shard(json, body);
  return json;
}

Json why_queues_json(const Json& body) {
  auto rows = rows_json(body, "queues", {"name", "ready", "running", "scheduled", "workers"});
  std::size_t at = 0;
  for (const auto& row : value_of(body, "queues")) add_shard(rows[at++], row);
  return rows;
}

Json why_queue_json(const Json& body) {
  const auto rows = why_queues_json(body);
  if (rows.size() < 2) return rows.empty() ? Json() : rows.front();
  Json all = rows.front();
  add_shard(all, Json::object());
  for (const char* key : {"ready", "running", "scheduled", "workers"}) all[key] = 0;
  all["findings"] = Json::array();
  for (const auto& row : rows) {
    for (const char* key : {"ready", "running", "scheduled"}) all[key] = number_of(all, key) + number_of(row, key);
    all["workers"] = std::max(number_of(all, "workers"), number_of(row, "workers"));
    for (auto finding : value_of(row, "findings")) {
      finding["text"] = "shard " + text_of(row, "shard") + ": " + text_of(finding, "text");
      all["findings"].push_back(finding);
    }
  }
  return all;
}

Json why_workers_json(const Json& body) { return rows_json(body, "workers", {"name", "host", "pid"}); }

std::string render_why_task(const Json& body, Format format) {
  if (!for_people(format)) return render_json(why_task_json(body), format);
  return with_findings("task " + text_of(body, "id") + " (" + text_of(body, "name") + " in queue " +
                           text_of(body, "queue") + ") is " + text_of(body, "state") + shard_text(body) + ":",
                       body);
}

std::string render_why_queues(const Json& body, Format format) {
  if (!for_people(format)) return render_rows(why_queues_json(body), format);
  std::string text;
  for (const auto& row : value_of(body, "queues")) {
    text += with_findings(
        "queue " + text_of(row, "name") + " has " + text_of(row, "ready") + " ready, " + text_of(row, "running") +
            " running and " + text_of(row, "scheduled") + " scheduled tasks, and " +
            format_count(static_cast<std::uint64_t>(number_of(row, "workers")), "worker") + shard_text(row) + ":",
        row);
  }
  return text;
}

std::string render_why_workers(const Json& body, Format format) {
  if (!for_people(format)) return render_rows(why_workers_json(body), format);
  std::string text;
  for (const auto& row : value_of(body, "workers")) {
    text += with_findings(
        "worker " + text_of(row, "name") + " on " + text_of(row, "host") + ", pid " + text_of(row, "pid") + ":", row);
  }
  return text;
}

}  // namespace forkmill::cli
