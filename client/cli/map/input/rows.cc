#include "client/cli/map/input/rows.h"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace forkmill::cli {

Rows::Rows(std::vector<Group> groups, std::optional<ColumnSplitter> columns)
    : groups_{std::move(groups)},
      columns_{std::move(columns)},
      partial_(groups_.size()),
      rest_(groups_.size()),
      position_(groups_.size(), 0) {}

Fetch Rows::fetch(Group& group, Row& partial) {
  while (partial.size() < group.size()) {
    std::string argument;
    auto& source = *group[partial.size()];
    const auto state = source.next(argument);
    if (state == Fetch::waiting) wait_fd_ = source.wait_fd();
    if (state != Fetch::ready) return state;
    partial.push_back(std::move(argument));
  }
  return Fetch::ready;
}

Fetch Rows::load_rest() {
  for (; loaded_ < groups_.size(); ++loaded_) {
    auto state = Fetch::ready;
    while ((state = fetch(groups_[loaded_], partial_[loaded_])) == Fetch::ready) {
      rest_[loaded_].push_back(std::exchange(partial_[loaded_], {}));
    }
    if (state == Fetch::waiting) return state;
    if (rest_[loaded_].empty()) return Fetch::end;
  }
  return Fetch::ready;
}

// Advances to the next combination for the current row of the first group. False: there is none.
bool Rows::advance_rest() {
  for (auto group = groups_.size(); group-- > 1;) {
    if (++position_[group] < rest_[group].size()) return true;
    position_[group] = 0;
  }
  return false;
}

void Rows::assemble(Row& row) const {
  row = first_;
  for (std::size_t group = 1; group < groups_.size(); ++group) {
    const auto& part = rest_[group][position_[group]];
    row.insert(row.end(), part.begin(), part.end());
  }
  row = in_columns(std::move(row));
}

Row Rows::in_columns(Row row) const {
  if (!columns_) return row;
  Row split;
  for (const auto& argument : row) columns_->split(argument, split);
  return split;
}

std::vector<std::string> Rows::read_header() {
  Row names;
  for (auto& group : groups_) {
    Row part;
    for (Fetch state{}; (state = fetch(group, part)) != Fetch::ready;) {
      if (state == Fetch::end) break;
      pollfd entry{.fd = wait_fd_, .events = POLLIN, .revents = 0};
      ::poll(&entry, 1, -1);
    }
    part.resize(group.size());
    names.insert(names.end(), part.begin(), part.end());
  }
  return in_columns(std::move(names));
}

Fetch Rows::next(Row& row) {
  wait_fd_ = -1;
  if (groups_.empty()) return Fetch::end;
  if (const auto state = load_rest(); state != Fetch::ready) return state;
  if (!have_first_ || !advance_rest()) {
    have_first_ = false;
    if (const auto state = fetch(groups_[0], partial_[0]); state != Fetch::ready) return state;
    first_ = std::exchange(partial_[0], {});
    have_first_ = true;
  }
  assemble(row);
  return Fetch::ready;
}

std::optional<std::uint64_t> Rows::count() {
  std::uint64_t product = groups_.empty() ? 0 : 1;
  for (auto& group : groups_) {
    auto shortest = group.at(0)->count();
    for (auto& source : group) {
      const auto count = source->count();
      if (!count || !shortest) return std::nullopt;
      shortest = std::min(*shortest, *count);
    }
    if (__builtin_mul_overflow(product, *shortest, &product)) return std::nullopt;
  }
  return product;
}

std::optional<std::size_t> Rows::width() const {
  if (columns_) return std::nullopt;
  std::size_t width = 0;
  for (const auto& group : groups_) width += group.size();
  return width;
}

}  // namespace forkmill::cli
