#include "client/cli/commands/process_views.h"

#include <map>
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

std::string line_of(const Json& row) {
  std::string line = text_of(row, "role") + " " + text_of(row, "pid") + "  " + text_of(row, "state") + "  " + cpu(row) +
                     "  " + memory(row);
  if (const auto command = text_of(row, "command"); !command.empty()) line += "  " + command;
  return printable(line);
}

}  // namespace

Table process_table(const Json& body) {
  Table table{{{.name = "host"},
               {.name = "pid", .right = true},
               {.name = "parent", .title = "ppid", .right = true},
               {.name = "state"},
               {.name = "cpu_us", .title = "cpu", .right = true},
               {.name = "rss_bytes", .title = "memory", .right = true},
               {.name = "started_at_ms", .title = "started"},
               {.name = "role"},
               {.name = "command"},
               {.name = "worker", .wide = true},
               {.name = "task", .wide = true},
               {.name = "label", .wide = true},
               {.name = "id", .wide = true}}};
  for (const Json& row : rows_of(body)) {
    table.add({plain(row, "host"), plain(row, "pid"), plain(row, "parent"), plain(row, "state"),
               Cell{value_of(row, "cpu_us"), cpu(row)}, Cell{value_of(row, "rss_bytes"), memory(row)},
               Cell{value_of(row, "started_at_ms"), format_time(number_of(row, "started_at_ms"))}, plain(row, "role"),
               plain(row, "command"), plain(row, "worker"), plain(row, "task"), plain(row, "label"), plain(row, "id")});
  }
  return table;
}

std::string process_tree(const Json& body) {
  Node root{"broker", {}};
  std::map<std::string, std::map<std::string, Node>> hosts;  // workers by name
  for (const Json& row : rows_of(body)) {
    const std::string role = text_of(row, "role");
    if (role == "broker") {
      root.text = line_of(row) + "  on " + printable(text_of(row, "host"));
      continue;
    }
    Node& worker = hosts[text_of(row, "host")][text_of(row, "worker")];
    if (role == "supervisor")
      worker.text = line_of(row);
    else
      worker.below.push_back({line_of(row), {}});
  }
  for (const auto& [name, workers] : hosts) {
    Node host{printable(name), {}};
    for (const auto& [worker_name, worker] : workers) {
      host.below.push_back(worker);
      if (worker.text.empty()) host.below.back().text = "worker " + printable(worker_name);
    }
    root.below.push_back(std::move(host));
  }
  std::string out = root.text + "\n";
  draw(root, "", out);
  return out;
}

}  // namespace forkmill::cli
