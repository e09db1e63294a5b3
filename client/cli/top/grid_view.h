// GridView: a grid on the screen of `forkmill top`: selection, filter and order, which stay when the rows change. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/top/grid.h"
#include "client/cli/top/line.h"
#include "client/cli/top/scroll.h"

namespace forkmill::cli {

class GridView {
 public:
  void set(Grid grid);

  // The key of the selected row: name of the queue or worker, id of the task. Empty: there is none.
  const std::string& selected() const { return key_; }
  void move_by(std::ptrdiff_t rows);
  std::ptrdiff_t page() const { return scroll_.page(); }

  void set_filter(const std::string& text);
  const std::string& filter() const { return filter_; }
  // Sorts by the next column, at last in the order of the broker again.
  void sort_by_next();
  void reverse();

  // All rows, without the filter.
  std::size_t total() const { return all_.rows.size(); }
  // "5 of 12 tasks by AGE, with \"x\"".
  std::string title(const char* noun) const;
  // The headings, and the rows for which there is room.
  std::vector<TopLine> lines(std::size_t width, std::size_t height);

 private:
  void arrange();

  Grid all_{};
  Grid shown_{};
  std::string key_{};
  Scroll scroll_{};
  std::string filter_{};
  std::optional<std::size_t> column_{};  // by which the rows are sorted
  bool is_reversed_ = false;
};

}  // namespace forkmill::cli
