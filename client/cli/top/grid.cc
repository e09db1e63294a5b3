#include "client/cli/top/grid.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"
#include "client/cli/views/cluster.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kGap = 2;            // between two columns
constexpr std::size_t kMaxTextWidth = 40;  // a column's, unless it is the last one

GridCell text_cell(const std::string& text) { return {printable(text), 0}; }
GridCell text_cell(const Json& row, const char* key) { return text_cell(text_of(row, key)); }

GridCell number_cell(const Json& row, const char* key) {
  const auto number = number_of(row, key);
  return {std::to_string(number), static_cast<double>(number)};
}

GridCell age_cell(std::int64_t ms) {
  if (ms <= 0) return {"-", 0};
  return {format_duration(static_cast<double>(ms) / 1000), static_cast<double>(ms)};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_text(const GridRow& row, const std::string& text) {
  return std::any_of(row.cells.begin(), row.cells.end(),
                     [&](const GridCell& cell) { return lower(cell.text).find(text) != std::string::npos; });
}

std::vector<std::size_t> widths_of(const Grid& grid) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    std::size_t most = text_width(grid.columns[i].title);
    for (const auto& row : grid.rows) most = std::max(most, text_width(row.cells[i].text));
    widths.push_back(i + 1 < grid.columns.size() ? std::min(most, kMaxTextWidth) : most);
  }
  return widths;
}

std::size_t width_of(const std::vector<std::size_t>& shown, const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t i : shown) sum += widths[i] + kGap;
  return sum - std::min(sum, kGap);
}

// The columns that have room, in their order. The most important one is always shown.
std::vector<std::size_t> columns_within(const Grid& grid, const std::vector<std::size_t>& widths, std::size_t width) {
  std::vector<std::size_t> shown(grid.columns.size());
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  while (shown.size() > 1 && width_of(shown, widths) > width) {
    shown.erase(std::min_element(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
      return grid.columns[a].importance < grid.columns[b].importance;
    }));
  }
  return shown;
}

}  // namespace

Grid queue_grid(const Json& body) {
  Grid grid{{{"QUEUE", false, 9},
             {"READY", true, 8},
             {"RUNNING", true, 7},
             {"SCHEDULED", true, 4},
             {"OLDEST", true, 6},
             {"WORKERS", true, 5},
             {"STATE", false, 3}},
            {}};
  for (const auto& row : value_of(body, "queues")) {
    const bool is_stuck = number_of(row, "ready") > 0 && number_of(row, "workers") == 0;
    grid.rows.push_back({text_of(row, "name"),
                         {text_cell(row, "name"), number_cell(row, "ready"), number_cell(row, "running"),
                          number_cell(row, "scheduled"), age_cell(number_of(row, "oldest_ready_ms")),
                          number_cell(row, "workers"), text_cell(is_true(row, "paused") ? "paused" : "open")},
                         is_stuck || is_true(row, "paused")});
  }
  return grid;
}

Grid worker_grid(const Json& body) {
  Grid grid{{{"WORKER", false, 9},
             {"RUNNING", true, 8},
             {"PROCESSES", true, 6},
             {"STATE", false, 7},
             {"FINISHED", true, 5},
             {"LOST", true, 4},
             {"HOST", false, 3},
             {"PID", true, 2},
             {"QUEUES", false, 1}},
            {}};
  for (const auto& row : value_of(body, "workers")) {
    const auto state = worker_state(row);
    grid.rows.push_back(
        {text_of(row, "name"),
         {text_cell(row, "name"), number_cell(row, "running"), number_cell(row, "children"), text_cell(state),
          number_cell(row, "finished"), number_cell(row, "lost"), text_cell(row, "host"), number_cell(row, "pid"),
          text_cell(joined_texts(value_of(row, "queues")))},
         state != "serving"});
  }
  return grid;
}

Grid task_grid(const Json& body, std::int64_t now_ms) {
  Grid grid{{{"ID", false, 9},
             {"STATE", false, 8},
             {"TASK", false, 7},
             {"AGE", true, 6},
             {"RAN", true, 5},
             {"TRY", true, 3},
             {"WORKER", false, 2},
             {"ERROR", false, 4}},
            {}};
  for (const auto& row : value_of(body, "tasks")) {
    const auto submitted = number_of(row, "submitted_at_ms");
    const auto started = number_of(row, "started_at_ms");
    const auto finished = number_of(row, "finished_at_ms");
    const auto ran = started == 0 ? 0 : std::max<std::int64_t>((finished == 0 ? now_ms : finished) - started, 1);
    const auto error = text_of(row, "message").empty() ? text_of(row, "code") : text_of(row, "message");
    grid.rows.push_back({text_of(row, "id"),
                         {text_cell(row, "id"), text_cell(row, "state"), text_cell(row, "name"),
                          age_cell(std::max<std::int64_t>(now_ms - submitted, 1)), age_cell(ran),
                          number_cell(row, "attempt"), text_cell(row, "worker"), text_cell(error)},
                         text_of(row, "state") == "failed"});
  }
  return grid;
}

void filter_rows(Grid& grid, const std::string& text) {
  if (text.empty()) return;
  std::erase_if(grid.rows, [wanted = lower(text)](const GridRow& row) { return !has_text(row, wanted); });
}

void sort_rows(Grid& grid, std::size_t column, bool reversed) {
  if (column >= grid.columns.size()) return;
  const bool is_number = grid.columns[column].is_number;
  std::stable_sort(grid.rows.begin(), grid.rows.end(), [&](const GridRow& one, const GridRow& other) {
    const auto& a = (reversed ? other : one).cells[column];
    const auto& b = (reversed ? one : other).cells[column];
    return is_number ? a.number > b.number : a.text < b.text;
  });
}

std::vector<std::string> grid_lines(const Grid& grid, std::size_t width) {
  const auto widths = widths_of(grid);
  const auto shown = columns_within(grid, widths, width);
  std::vector<std::string> lines(grid.rows.size() + 1);
  for (const std::size_t i : shown) {
    const bool to_the_right = grid.columns[i].is_number;
    const auto add = [&](std::string& line, const std::string& text) {
      if (!line.empty()) line += std::string(kGap, ' ');
      line += fitted(text, widths[i], to_the_right);
    };
    add(lines[0], grid.columns[i].title);
    for (std::size_t row = 0; row < grid.rows.size(); ++row) add(lines[row + 1], grid.rows[row].cells[i].text);
  }
  for (auto& line : lines) line = fitted(line, width);
  return lines;
}

std::string fitted(const std::string& text, std::size_t width, bool to_the_right) {
  const std::size_t has = text_width(text);
  if (has <= width) {
    const std::string space(width - has, ' ');
    return to_the_right ? space + text : text + space;
  }
  std::size_t end = 0;
  const std::size_t kept = width == 0 ? 0 : width - 1;  // and an ellipsis
  for (std::size_t count = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) continue;
    if (count++ == kept) break;
  }
  return width == 0 ? "" : text.substr(0, end) + "…";
}

}  // namespace forkmill::cli
