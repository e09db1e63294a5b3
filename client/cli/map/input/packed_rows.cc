#include "client/cli/map/input/packed_rows.h"

#include <algorithm>
#include <iterator>

namespace forkmill::cli {

bool PackedRows::fits(const Row& row) {
  const auto bytes = length_(row) - base_ + 1;
  if (limits_.length > 0 && !gathered_.empty() && base_ + bytes_ + bytes > limits_.length) return false;
  bytes_ += bytes;
  return true;
}

Fetch PackedRows::gather() {
  while (!over_ && (limits_.rows == 0 || gathered_.size() < limits_.rows)) {
    Row row;
    if (left_over_) {
      row = *std::exchange(left_over_, std::nullopt);
    } else if (const auto state = rows_->next(row); state == Fetch::waiting) {
      return state;
    } else if (state == Fetch::end) {
      over_ = true;
      jobs_left_ = limits_.jobs;
      break;
    }
    if (!fits(row)) {
      left_over_ = std::move(row);
      break;
    }
    gathered_.push_back(std::move(row));
  }
  return Fetch::end;
}

Fetch PackedRows::next(Row& row) {
  if (limits_.drop) {
    const auto state = rows_->next(row);
    row.clear();
    return state;
  }
  if (jobs_left_ == 0 && gather() == Fetch::waiting) return Fetch::waiting;
  if (gathered_.empty()) return Fetch::end;
  auto take = gathered_.size();
  if (limits_.rows == 0 && jobs_left_ > 1) {
    take = (take + jobs_left_ - 1) / jobs_left_;
    --jobs_left_;
  }
  row.clear();
  for (; take > 0; --take) {
    std::move(gathered_.front().begin(), gathered_.front().end(), std::back_inserter(row));
    gathered_.pop_front();
  }
  if (gathered_.empty()) bytes_ = 0;
  return Fetch::ready;
}

std::optional<std::uint64_t> PackedRows::count() {
  const auto rows = rows_->count();
  if (limits_.drop || !rows) return rows;
  if (limits_.rows == 0) return std::nullopt;
  return (*rows + limits_.rows - 1) / limits_.rows;
}

}  // namespace forkmill::cli
