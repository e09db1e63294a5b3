#include "proto/histogram.h"

#include <doctest/doctest.h>

#include <numeric>

namespace forkmill::proto::histogram_test {
namespace {

// The bucket into which one duration goes.
std::size_t bucket_of(Instant duration) {
  Histogram histogram;
  histogram.add(duration);
  const auto& counts = histogram.counts();
  REQUIRE(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == 1);
  std::size_t bucket = 0;
  while (counts[bucket] == 0) ++bucket;
  return bucket;
}

TEST_CASE("a duration goes into the first bucket whose bound it does not exceed") {
  CHECK(bucket_of(Instant{0}) == 0);
  for (std::size_t i = 0; i < Histogram::kBounds; ++i) {
    const Instant bound{static_cast<std::int64_t>(Histogram::bound_us(i))};
    CHECK(bucket_of(bound) == i);
    CHECK(bucket_of(bound + Instant{1}) == i + 1);
  }
  CHECK(bucket_of(kNever) == Histogram::kBounds);
}

TEST_CASE("the sum is that of all durations, of which negative ones are 0") {
  Histogram histogram;
  for (const std::int64_t us : {300, 7, -5}) histogram.add(Instant{us});
  CHECK(histogram.sum_us() == 307);
  CHECK(histogram.counts()[0] == 2);
  CHECK(histogram.counts()[1] == 1);
}

}  // namespace
}  // namespace forkmill::proto::histogram_test
