// Grid: rows with sortable cells under columns, as `forkmill top` shows them; made from the answers of the broker.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/views/json.h"

namespace forkmill::cli {

struct GridCell {
  std::string text{};  // printable
  double number = 0;   // by which a column of numbers is sorted
};

struct GridRow {
  std::string key{};  // names the row over refreshes: a queue, the id of a task, a worker
  std::vector<GridCell> cells{};
  bool is_alert = false;  // shown in another colour
};

struct GridColumn {
  const char* title;
  bool is_number = false;  // aligned to the right; sorted by number, the largest first
  int importance = 0;      // columns with the lowest one are left out first if there is no room
};

struct Grid {
  std::vector<GridColumn> columns{};
  std::vector<GridRow> rows{};
};

// The rows of the answers to QUERY queues, workers and tasks. `now_ms`, in milliseconds since 1970, is the time that
// ages refer to.
Grid queue_grid(const Json& body);
Grid worker_grid(const Json& body);
Grid task_grid(const Json& body, std::int64_t now_ms);

// Keeps the rows one of whose cells has `text`, ignoring upper and lower case of ASCII.
void filter_rows(Grid& grid, const std::string& text);
// Sorts by that column; rows that are equal there keep their order.
void sort_rows(Grid& grid, std::size_t column, bool reversed);

// The lines of the grid within `width` columns: the headings, then a line for each row.
std::vector<std::string> grid_lines(const Grid& grid, std::size_t width);

// Cuts or fills the printable text so that it has exactly `width` columns.
std::string fitted(const std::string& text, std::size_t width, bool to_the_right = false);

}  // namespace forkmill::cli
