#include "client/web/metrics/histogram.h"

#include <doctest/doctest.h>

#include <limits>

namespace forkmill::web::histogram_test {
namespace {

using Json = nlohmann::ordered_json;

BucketCounts counts(const char* list) {
  Json histogram = Json::object();
  histogram["sum_us"] = 2'000'000;
  histogram["counts"] = Json::parse(list);
  return {Json::parse("[1000,2000,4000]"), histogram};
}

TEST_CASE("counts are added up to each bound, and empty buckets at the end may be left out") {
  const auto pairs = counts("[1,2]").cumulative();
  REQUIRE(pairs.size() == 4);
  CHECK(pairs[0] == std::pair{0.001, 1.0});
  CHECK(pairs[2] == std::pair{0.004, 3.0});
  CHECK(pairs[3] == std::pair{std::numeric_limits<double>::infinity(), 3.0});
  CHECK(counts("[1,2]").sum_seconds() == 2);
  CHECK(counts("[1,2,4,8]").cumulative(2).size() == 3);
  CHECK(BucketCounts{}.cumulative().size() == 1);
}

TEST_CASE("percentiles are interpolated between bounds") {
  CHECK_FALSE(counts("[]").percentile_ms(0.5).has_value());
  CHECK(*counts("[0,10]").percentile_ms(0.5) == doctest::Approx(1.5));
  CHECK(*counts("[0,0,0,7]").percentile_ms(0.5) == doctest::Approx(4));  // longer than all bounds
}

TEST_CASE("histograms are added and subtracted, and a count that has fallen is 0") {
  auto sum = counts("[1,2]");
  sum.add(counts("[1,0,5]"));
  CHECK(sum.cumulative().back().second == 9);
  CHECK(sum.since(counts("[2,2]")).cumulative().back().second == 5);
  CHECK(counts("[1]").since(counts("[5]")).cumulative().back().second == 0);
  BucketCounts empty;
  empty.add(counts("[3]"));
  CHECK(empty.cumulative().back().second == 3);
}

}  // namespace
}  // namespace forkmill::web::histogram_test
