// Histograms in the answer to QUERY metrics: how often something took how long. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace forkmill::web {

class BucketCounts {
 public:
  BucketCounts() = default;
  // `bounds_us`: the upper bounds of the buckets but the last, in microseconds. `histogram`: {"sum_us", "counts"},
  // without the empty buckets at the end.
  BucketCounts(const nlohmann::ordered_json& bounds_us, const nlohmann::ordered_json& histogram);

  double sum_seconds() const { return sum_seconds_; }
  // Returns pairs of an upper bound in seconds and the count of all that was not longer; of every `step`th bound and
  // the infinite one.
  std::vector<std::pair<double, double>> cumulative(std::size_t step = 1) const;

  // Adds the counts of another histogram with the same bounds.
  void add(const BucketCounts& other);
  // Returns what was counted since `before`.
  BucketCounts since(const BucketCounts& before) const;
  // Returns about how long the share `part`, 0 to 1, of all took at most, in milliseconds. None: nothing was counted.
  std::optional<double> percentile_ms(double part) const;

 private:
  std::vector<double> bounds_;  // in seconds
  std::vector<double> counts_;  // one more
  double sum_seconds_ = 0;
};

}  // namespace forkmill::web
