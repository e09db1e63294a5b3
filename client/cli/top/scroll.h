// Scroll: the selected row of a list, and which rows are on the screen. Pure.
#pragma once

#include <algorithm>
#include <cstddef>

namespace forkmill::cli {

class Scroll {
 public:
  std::size_t row() const { return row_; }
  // As many rows as were shown last, at least 1.
  std::ptrdiff_t page() const { return static_cast<std::ptrdiff_t>(page_); }

  // Selects that row of `count`, or the last one.
  void select(std::size_t row, std::size_t count) { row_ = std::min(row, count == 0 ? 0 : count - 1); }
  void move_by(std::ptrdiff_t rows, std::size_t count) {
    const auto from = static_cast<std::ptrdiff_t>(row_);
    select(static_cast<std::size_t>(rows < -from ? 0 : from + rows), count);
  }
  // Returns the first of `count` rows to show if there is room for `room`, so that the selected one is among them.
  std::size_t show(std::size_t count, std::size_t room) {
    page_ = std::max<std::size_t>(room, 1);
    if (row_ < top_) top_ = row_;
    if (row_ >= top_ + page_) top_ = row_ + 1 - page_;
    return top_ = std::min(top_, count - std::min(count, page_));
  }

 private:
  std::size_t row_ = 0;
  std::size_t top_ = 0;
  std::size_t page_ = 1;
};

}  // namespace forkmill::cli
