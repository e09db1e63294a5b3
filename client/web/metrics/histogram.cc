#include "client/web/metrics/histogram.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "client/cli/text/answers.h"

namespace forkmill::web {

namespace {

std::vector<double> numbers(const nlohmann::ordered_json& list) {
  std::vector<double> values;
  for (const auto& value : list.is_array() ? list : nlohmann::ordered_json::array())
    values.push_back(value.is_number() ? value.get<double>() : 0);
  return values;
}

}  // namespace

BucketCounts::BucketCounts(const nlohmann::ordered_json& bounds_us, const nlohmann::ordered_json& histogram)
    : bounds_{numbers(bounds_us)},
      counts_{numbers(cli::value_of(histogram, "counts"))},
      sum_seconds_{static_cast<double>(cli::number_of(histogram, "sum_us")) / 1e6} {
  for (double& bound : bounds_) bound /= 1e6;
  counts_.resize(bounds_.size() + 1);
}

std::vector<std::pair<double, double>> BucketCounts::cumulative(std::size_t step) const {
  std::vector<std::pair<double, double>> pairs;
  double count = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    count += counts_[i];
    if (i % step == 0) pairs.emplace_back(bounds_[i], count);
  }
  if (!counts_.empty()) count += counts_.back();
  pairs.emplace_back(std::numeric_limits<double>::infinity(), count);
  return pairs;
}

void BucketCounts::add(const BucketCounts& other) {
  if (bounds_.empty())
    *this = other;
  else if (bounds_ == other.bounds_) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_seconds_ += other.sum_seconds_;
  }
}

// Counts fall when the broker forgets a series that is not used.
BucketCounts BucketCounts::since(const BucketCounts& before) const {
  BucketCounts rise = *this;
  if (before.bounds_ != bounds_) return rise;
  for (std::size_t i = 0; i < counts_.size(); ++i) rise.counts_[i] = std::max(counts_[i] - before.counts_[i], 0.0);
  rise.sum_seconds_ = std::max(sum_seconds_ - before.sum_seconds_, 0.0);
  return rise;
}

std::optional<double> BucketCounts::percentile_ms(double part) const {
  const double all = std::accumulate(counts_.begin(), counts_.end(), 0.0);
  if (all == 0) return std::nullopt;
  const double rank = part * all;
  double below = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    if (below + counts_[i] >= rank && counts_[i] > 0) {
      const double lower = i == 0 ? 0 : bounds_[i - 1];
      return 1000 * (lower + (bounds_[i] - lower) * std::max(rank - below, 0.0) / counts_[i]);
    }
    below += counts_[i];
  }
  return bounds_.empty() ? std::nullopt : std::optional{1000 * bounds_.back()};
}

}  // namespace forkmill::web
