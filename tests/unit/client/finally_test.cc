#include <atomic>

#include "tests/unit/client/promised.h"

namespace finally_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Threaded, "finally runs after a success and after an error, and changes neither") {
  std::atomic<int> runs = 0;
  auto p = promise<int>();
  auto kept = p.future.finally([&] { ++runs; });
  p.value(3);
  CHECK(kept.get() == 3);

  auto q = promise<int>();
  auto still = q.future.finally([&] { ++runs; });
  q.error(Cancelled{});
  CHECK_THROWS_AS(still.get(), Cancelled);
  CHECK(runs == 2);
}

TEST_CASE_FIXTURE(Threaded, "an exception in finally changes nothing") {
  auto p = promise<int>();
  auto kept = p.future.finally([] { throw std::runtime_error{"in finally"}; });
  p.value(3);
  CHECK(kept.get() == 3);
}

TEST_CASE_FIXTURE(Threaded, "a chain through finally keeps the value's type") {
  auto p = promise<std::string>();
  auto length = p.future.finally([] {}).then([](std::string text) { return text.size(); });
  p.value("four");
  CHECK(length.get() == 4);
}

}  // namespace finally_test
