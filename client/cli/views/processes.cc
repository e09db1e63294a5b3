#include "client/cli/views/processes.h"

#include <map>
#include <utility>
#include <vector>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

std::string cpu(const Json& row) { return format_duration(static_cast<double>(number_of(row, "cpu_us")) / 1e6); }
std::string memory(const Json& row) { return format_bytes(static_cast<std::uint64_t>(number_of(row, "rss_bytes"))); }

std::vector<Json> rows_of(const Json& body) {
  const Json rows = value_of(body, "processes");
  return rows.is_array() ? rows.get<std::vector<Json>>() : std::vector<Json>{};
}

struct Node {
  std::string text;
  std::vector<Node> below;
};

void draw(const Node& node, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < node.below.size(); ++i) {
    const bool last = i + 1 == node.below.size();
    out += indent + (last ? "└─ " : "├─ ") + node.below[i].text + "\n";
    draw(node.below[i], indent + (last ? "   " : "│  "), out);
  }
}

// How long the process has been running its task.
std::string task_time(const Json& row, std::int64_t now_ms) {
  const auto start = number_of(row, "task_started_at_ms");
  return start == 0 ? "-" : format_duration(static_cast<double>(now_ms - start) / 1000);
}

std::string line_of(const Json& row, std::int64_t now_ms) {
  std::string line = text_of(row, "role") + " " + text_of(row, "pid") + "  " + text_of(row, "state") + "  " + cpu(row) +
                     "  " + memory(row);
  if (const auto command = text_of(row, "command"); !command.empty()) line += "  " + command;
  if (number_of(row, "task_started_at_ms") != 0) line += "  for " + task_time(row, now_ms);
  return printable(line);
}

}  // namespace

Table process_table(const Json& body, std::int64_t now_ms) {
  Table table{{{.name = "host"},
               {.name = "pid", .right = true},
               {.name = "parent", .title = "ppid", .right = true},
               {.name = "state"},
               {.name = "cpu_us", .title = "cpu", .right = true},
               {.name = "rss_bytes", .title = "memory", .right = true},
               {.name = "started_at_ms", .title = "started"},
               {.name = "role"},
               {.name = "task_started_at_ms", .title = "duration", .right = true},
               {.name = "command"},
               {.name = "worker", .wide = true},
               {.name = "session", .wide = true},
               {.name = "task", .wide = true},
               {.name = "label", .wide = true},
               {.name = "id", .wide = true}}};
  for (const Json& row : rows_of(body)) {
    table.add({plain(row, "host"), plain(row, "pid"), plain(row, "parent"), plain(row, "state"),
               Cell{value_of(row, "cpu_us"), cpu(row)}, Cell{value_of(row, "rss_bytes"), memory(row)},
               Cell{value_of(row, "started_at_ms"), format_time(number_of(row, "started_at_ms"))}, plain(row, "role"),
               Cell{value_of(row, "task_started_at_ms"), task_time(row, now_ms)}, plain(row, "command"),
               plain(row, "worker"), plain(row, "session"), plain(row, "task"), plain(row, "label"), plain(row, "id")});
  }
  return table;
}

std::string process_tree(const Json& body, std::int64_t now_ms) {
  Node root{"broker", {}};
  std::map<std::string, std::map<std::pair<std::string, std::string>, Node>> hosts;  // workers by name and session
  for (const Json& row : rows_of(body)) {
    const std::string role = text_of(row, "role");
    if (role == "broker") {
      root.text = line_of(row, now_ms) + "  on " + printable(text_of(row, "host"));
      continue;
    }
    Node& worker = hosts[text_of(row, "host")][{text_of(row, "worker"), text_of(row, "session")}];
    if (role == "supervisor")
      worker.text = line_of(row, now_ms);
    else
      worker.below.push_back({line_of(row, now_ms), {}});
  }
  for (const auto& [name, workers] : hosts) {
    Node host{printable(name), {}};
    for (const auto& [identity, worker] : workers) {
      host.below.push_back(worker);
      if (worker.text.empty()) host.below.back().text = "worker " + printable(identity.first);
    }
    root.below.push_back(std::move(host));
  }
  std::string out = root.text + "\n";
  draw(root, "", out);
  return out;
}

}  // namespace forkmill::cli
