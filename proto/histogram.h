// Histogram: how many durations were how long, in buckets whose bounds are powers of two. To add one costs a few
// instructions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "proto/clock.h"

namespace forkmill::proto {

class Histogram {
 public:
  static constexpr std::size_t kBounds = 24;
  // A bucket for each bound, and one for what is longer than all bounds.
  using Counts = std::array<std::uint64_t, kBounds + 1>;

  // The inclusive upper bound of a bucket in microseconds: 256 µs, 512 µs … 36 minutes.
  static constexpr std::uint64_t bound_us(std::size_t bucket) { return std::uint64_t{256} << bucket; }

  // Negative durations count as 0.
  void add(Instant duration) {
    const std::uint64_t us = duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0;
    const auto bucket = static_cast<std::size_t>(std::bit_width((us - (us > 0 ? 1 : 0)) >> 8));
    ++counts_[std::min(bucket, kBounds)];
    sum_us_ += us;
  }

  const Counts& counts() const { return counts_; }
  std::uint64_t sum_us() const { return sum_us_; }

 private:
  Counts counts_{};
  std::uint64_t sum_us_ = 0;
};

}  // namespace forkmill::proto
