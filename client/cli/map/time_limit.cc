#include "client/cli/map/time_limit.h"

#include <algorithm>
#include <cmath>

namespace forkmill::cli {

void TimeLimit::succeeded(double run_seconds) {
  if (percent_ <= 0 || run_times_.size() == kMaxSamples) return;
  run_times_.insert(std::upper_bound(run_times_.begin(), run_times_.end(), run_seconds), run_seconds);
}

std::chrono::milliseconds TimeLimit::current() const {
  if (percent_ <= 0) return fixed_;
  if (run_times_.size() < kFirst) return {};
  const auto median = run_times_[run_times_.size() / 2];
  return std::max(std::chrono::milliseconds{1},
                  std::chrono::milliseconds{std::llround(median * percent_ / 100 * 1000)});
}

}  // namespace forkmill::cli
