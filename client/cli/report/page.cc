#include "client/cli/report/page.h"

#include <algorithm>
#include <initializer_list>

#include "client/cli/report/charts.h"
#include "client/cli/text/human.h"
#include "client/cli/text/table.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxNames = 50;
constexpr std::size_t kMaxErrors = 20;
constexpr std::size_t kMaxSlowest = 20;
constexpr std::size_t kMaxCommand = 120;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ground: #fff; --text: #1a1d21; --faint: #5c6570; --line: #d5dae0; --raised: #f4f6f8;
  --accent: #0b57a4; --bad: #a3220f; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e6e9ec; --faint: #9aa4ae; --line: #343b42;
  --raised: #1e2327; --accent: #7db8f5; --bad: #ff9d8a; } }
body { margin: 0 auto; padding: 1rem; max-width: 1200px; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 1.75rem; }
p, dt, th, figcaption { color: var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 500; font-size: .85rem; } td { overflow-wrap: anywhere; } .n { text-align: right; white-space: nowrap; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: .6rem .75rem; }
svg { display: block; width: 100%; } text { fill: var(--text); font: 11px system-ui, sans-serif; }
.ok { fill: var(--accent); } .bad { fill: var(--bad); stroke: var(--text); stroke-width: .5; } .row { fill: var(--raised); }
)";

std::string short_text(const std::string& text) {
  const auto line = text.substr(0, text.find('\n'));
  const auto cut = proto::first_bytes(line, kMaxCommand);
  return std::string{cut} + (cut.size() < text.size() ? "…" : "");
}

std::string time_text(std::size_t count, double seconds) { return count == 0 ? "–" : format_duration(seconds); }

struct Head {
  const char* title;
  bool number = false;
};

// A table of texts, which are escaped here.
std::string table(std::initializer_list<Head> heads, const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>";
  const auto open = [](const char* tag, const Head& head) {
    return std::string{"<"} + tag + (head.number ? " class=\"n\">" : ">");
  };
  for (const auto& head : heads) html += open("th", head) + head.title + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) html += open("td", heads.begin()[i]) + html_text(row[i]) + "</td>";
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string section_title(const char* text) { return std::string{"<h2>"} + text + "</h2>\n"; }

std::string about(const ReportFacts& facts) {
  std::string html = "<dl>";
  const auto add = [&](const std::string& name, const std::string& value) {
    html += "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd>";
  };
  add("from", format_time(facts.from_ms));
  add("to", format_time(facts.to_ms));
  for (const auto& [name, value] : facts.about) add(name, value);
  std::vector<std::pair<std::string, std::size_t>> states;
  for (const auto& task : facts.tasks) {
    const auto at =
        std::find_if(states.begin(), states.end(), [&](const auto& one) { return one.first == task.state; });
    at == states.end() ? states.emplace_back(task.state, 1) : * at = {at->first, at->second + 1};
  }
  std::sort(states.begin(), states.end());
  std::string counts;
  for (const auto& [state, count] : states)
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + state;
  add("tasks", counts.empty() ? "none" : counts);
  html += "</dl>\n";
  return html + (facts.is_cut ? "<p>There are older tasks, which this report leaves out.</p>\n" : "");
}

std::string throughput(const ReportFacts& facts) {
  const auto seconds = std::max(static_cast<double>(facts.to_ms - facts.from_ms) / 1000, 0.001);
  const auto ended =
      std::count_if(facts.tasks.begin(), facts.tasks.end(), [](const TaskFacts& task) { return task.finished_ms > 0; });
  return section_title("Throughput") + bar_chart(ends_over(facts.tasks, facts.from_ms, facts.to_ms, kBars)) + "<p>" +
         std::to_string(ended) + " ended in " + format_duration(seconds) + ": " +
         format_rate(static_cast<double>(ended) / seconds) + "</p>\n";
}

std::string names(const std::vector<NameFigures>& figures) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : figures) {
    if (rows.size() == kMaxNames) break;
    const auto& [waited, ran] = std::pair{one.waited, one.ran};
    rows.push_back({one.name, std::to_string(one.ended), std::to_string(one.failed), std::to_string(one.retried),
                    time_text(waited.count, waited.median), time_text(waited.count, waited.p95),
                    time_text(ran.count, ran.median), time_text(ran.count, ran.p95), time_text(ran.count, ran.p99),
                    time_text(ran.count, ran.longest), time_text(ran.count, ran.sum)});
  }
  return section_title("Times by task") + table({{"task"},
                                                 {"ended", true},
                                                 {"not succeeded", true},
                                                 {"tried again", true},
                                                 {"waited, half within", true},
                                                 {"95 % within", true},
                                                 {"ran, half within", true},
                                                 {"95 % within", true},
                                                 {"99 % within", true},
                                                 {"longest", true},
                                                 {"in all", true}},
                                                rows);
}

std::string slowest(const std::vector<TaskFacts>& tasks) {
  std::vector<const TaskFacts*> sorted;
  for (const auto& task : tasks) {
    if (task.has_run()) sorted.push_back(&task);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const TaskFacts* a, const TaskFacts* b) {
    return a->finished_ms - a->started_ms > b->finished_ms - b->started_ms;
  });
  std::vector<std::vector<std::string>> rows;
  for (const auto* task : sorted) {
    if (rows.size() == kMaxSlowest) break;
    rows.push_back({task->id, task->command.empty() ? task->name : short_text(task->command), task->worker,
                    format_time(task->started_ms), time_text(1, *task->run_seconds())});
  }
  return section_title("Slowest tasks") +
         table({{"id"}, {"task or command"}, {"worker"}, {"started"}, {"ran", true}}, rows);
}

std::string errors(const std::vector<ErrorFigures>& figures) {
  if (figures.empty()) return section_title("Failures") + "<p>No task has failed.</p>\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : figures) {
    if (rows.size() < kMaxErrors) rows.push_back({std::to_string(one.count), one.name, one.pattern, one.last_id});
  }
  return section_title("Failures") + table({{"tasks", true}, {"task"}, {"error"}, {"one of them"}}, rows);
}

std::string timelines(const ReportFacts& facts) {
  const auto lines = lines_of(facts.tasks, kMaxLines);
  if (lines.empty()) return "";
  return section_title("Processes") + timeline_chart(lines, facts.from_ms, facts.to_ms) +
         "<p>One line for each process that the tasks need at least, worker by worker. Which process has run a task is "
         "not recorded.</p>\n";
}

}  // namespace

std::string html_text(const std::string& text) {
  std::string html;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string report_page(const ReportFacts& facts) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>";
  html += html_text(facts.title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" +
          html_text(facts.title) + "</h1>\n";
  html += about(facts) + throughput(facts) + names(by_name(facts.tasks)) + slowest(facts.tasks) +
          errors(by_error(facts.tasks)) + timelines(facts);
  return html + "</body>\n</html>\n";
}

}  // namespace forkmill::cli
