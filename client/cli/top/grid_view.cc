#include "client/cli/top/grid_view.h"

#include <algorithm>
#include <utility>

namespace forkmill::cli {

void GridView::set(Grid grid) {
  all_ = std::move(grid);
  arrange();
}

void GridView::arrange() {
  shown_ = all_;
  filter_rows(shown_, filter_);
  if (column_) sort_rows(shown_, *column_, is_reversed_);
  const auto known = std::find_if(shown_.rows.begin(), shown_.rows.end(),
                                  [this](const GridRow& row) { return !key_.empty() && row.key == key_; });
  const auto row = known == shown_.rows.end() ? scroll_.row() : static_cast<std::size_t>(known - shown_.rows.begin());
  scroll_.select(row, shown_.rows.size());
  key_ = shown_.rows.empty() ? "" : shown_.rows[scroll_.row()].key;
}

void GridView::move_by(std::ptrdiff_t rows) {
  scroll_.move_by(rows, shown_.rows.size());
  if (!shown_.rows.empty()) key_ = shown_.rows[scroll_.row()].key;
}

void GridView::set_filter(const std::string& text) {
  filter_ = text;
  arrange();
}

void GridView::sort_by_next() {
  const std::size_t next = column_ ? *column_ + 1 : 0;
  column_ = next < all_.columns.size() ? std::optional{next} : std::nullopt;
  is_reversed_ = false;
  arrange();
}

void GridView::reverse() {
  if (!column_) column_ = 0;
  is_reversed_ = !is_reversed_;
  arrange();
}

std::string GridView::title(const char* noun) const {
  const auto count = shown_.rows.size();
  std::string text = std::to_string(count);
  if (count != all_.rows.size()) text += " of " + std::to_string(all_.rows.size());
  text += std::string{" "} + noun;
  if (column_ && *column_ < all_.columns.size())
    text += std::string{" by "} + all_.columns[*column_].title + (is_reversed_ ? ", reversed" : "");
  return filter_.empty() ? text : text + ", with \"" + printable(filter_) + "\"";
}

std::vector<TopLine> GridView::lines(std::size_t width, std::size_t height) {
  if (height == 0) return {};
  const auto texts = grid_lines(shown_, width);
  std::vector<TopLine> lines{{texts[0], TopLine::Style::heading}};
  for (std::size_t i = scroll_.show(shown_.rows.size(), height - 1); i < shown_.rows.size() && lines.size() < height;
       ++i) {
    const auto style = i == scroll_.row()        ? TopLine::Style::selected
                       : shown_.rows[i].is_alert ? TopLine::Style::alert
                                                 : TopLine::Style::plain;
    lines.push_back({texts[i + 1], style});
  }
  return lines;
}

}  // namespace forkmill::cli
