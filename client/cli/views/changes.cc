#include "client/cli/views/changes.h"

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

std::string reason_text(const std::string& reason) {
  if (reason == "queue_full") return "beyond the limits of the queue";
  if (reason == "quota_exceeded") return "beyond a quota";
  return reason;
}

// "2 running, 1 finished"
std::string counts_text(const Json& counts) {
  std::string text;
  for (const auto& [name, count] : counts.items())
    text += (text.empty() ? "" : ", ") + count.dump() + " " + reason_text(name);
  return text;
}

std::int64_t sum_of(const Json& counts) {
  std::int64_t sum = 0;
  for (const auto& [name, count] : counts.items()) sum += count.get<std::int64_t>();
  return sum;
}

// Returns the filter: "queue mail, state ready"
std::string filter_text(const Json& row) {
  std::string text;
  const auto filter = value_of(row, "filter");
  for (const auto& [name, value] : filter.items())
    text += (text.empty() ? "" : ", ") + name + " " + text_of(filter, name.c_str());
  return text.empty() ? "all" : text;
}

}  // namespace

Table changes_table(const Json& body, std::int64_t now_ms) {
  Table table{{{.name = "id"},
               {.name = "action"},
               {.name = "state"},
               {.name = "filter"},
               {.name = "matched", .right = true},
               {.name = "changed", .right = true},
               {.name = "requested", .right = true},
               {.name = "skipped"},
               {.name = "begun_at_ms", .title = "age", .right = true},
               {.name = "finished_at_ms", .title = "took", .wide = true, .right = true},
               {.name = "principal", .wide = true},
               {.name = "queue", .wide = true},
               {.name = "priority", .wide = true, .right = true}}};
  for (const auto& row : value_of(body, "changes")) {
    const auto begun = number_of(row, "begun_at_ms");
    const auto finished = number_of(row, "finished_at_ms");
    const auto seconds = [](std::int64_t ms) { return format_duration(static_cast<double>(ms) / 1000); };
    const bool done = is_true(row, "done");
    const auto skipped = value_of(row, "skipped");
    table.add({plain(row, "id"), plain(row, "action"), Cell{done ? "done" : "running"},
               Cell{value_of(row, "filter"), filter_text(row)}, plain(row, "matched"), plain(row, "changed"),
               plain(row, "requested"), Cell{skipped, skipped.empty() ? "-" : counts_text(skipped)},
               Cell{value_of(row, "begun_at_ms"), seconds(now_ms - begun)},
               Cell{done ? value_of(row, "finished_at_ms") : Json{}, done ? seconds(finished - begun) : "-"},
               plain(row, "principal"), plain(row, "queue"), plain(row, "priority")});
  }
  return table;
}

std::string change_summary(const Json& answer, const std::string& verb) {
  std::string text = format_count(static_cast<std::uint64_t>(number_of(answer, "changed")), "task") + " " + verb;
  if (const auto requested = number_of(answer, "requested"); requested > 0)
    text += ", " + std::to_string(requested) + " running and requested to stop";
  const auto skipped = value_of(answer, "skipped");
  if (!skipped.empty()) text += "; " + std::to_string(sum_of(skipped)) + " skipped (" + counts_text(skipped) + ")";
  return text;
}

std::string count_summary(const Json& answer, const std::string& of) {
  const auto states = value_of(answer, "states");
  const auto matched = static_cast<std::uint64_t>(number_of(answer, "matched"));
  return format_count(matched, "task") + of + (states.empty() ? "" : " (" + counts_text(states) + ")");
}

}  // namespace forkmill::cli
