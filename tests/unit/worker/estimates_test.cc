#include "worker/rules/estimates.h"

#include <doctest/doctest.h>

namespace estimates_test {

using namespace forkmill::worker;

TEST_CASE("an unmeasured task has no estimate, and one task waits ahead") {
  const Estimates estimates{2};
  CHECK_FALSE(estimates.run_us(0));
  CHECK(estimates.ahead() == 1);
}

TEST_CASE("the average follows the measurements, each handler's its own") {
  Estimates estimates{2};
  estimates.add(0, 1000, 10);
  CHECK(estimates.run_us(0) == 1000);
  CHECK_FALSE(estimates.run_us(1));
  for (int i = 0; i < 50; ++i) estimates.add(0, 200, 10);
  CHECK(*estimates.run_us(0) == doctest::Approx(200).epsilon(0.05));
}

TEST_CASE("tasks that wait ahead are worth five milliseconds") {
  const auto ahead = [](std::uint64_t run_us, std::size_t bytes = 64) {
    Estimates estimates{1};
    estimates.add(0, run_us, bytes);
    return estimates.ahead();
  };
  CHECK(ahead(0) == Estimates::kMaxAhead);
  CHECK(ahead(100) == 50);
  CHECK(ahead(1000) == 5);
  CHECK(ahead(5000) == 1);
  CHECK(ahead(5001) == 0);
  CHECK(ahead(60'000'000) == 0);
  CHECK(ahead(1, 16 * 1024 * 1024) == 1);  // and never more than fits in memory
  CHECK(ahead(1, 64 * 1024 * 1024) == 0);
}

}  // namespace estimates_test
