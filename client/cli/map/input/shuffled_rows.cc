#include "client/cli/map/input/shuffled_rows.h"

#include <algorithm>
#include <random>

namespace forkmill::cli {

Fetch ShuffledRows::next(Row& row) {
  while (!complete_) {
    Row next;
    const auto state = rows_->next(next);
    if (state == Fetch::waiting) return state;
    if (state == Fetch::ready) {
      shuffled_.push_back(std::move(next));
      continue;
    }
    complete_ = true;
    std::shuffle(shuffled_.begin(), shuffled_.end(), std::mt19937_64{seed_});
  }
  if (shuffled_.empty()) return Fetch::end;
  row = std::move(shuffled_.back());
  shuffled_.pop_back();
  return Fetch::ready;
}

}  // namespace forkmill::cli
