#include "tests/unit/client/promised.h"

namespace progress_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(ByHand, "every report reaches every listener, in order, before the result's callbacks") {
  auto p = promise<int>();
  std::string seen;
  p.future.on_progress(
      [&](double fraction, const std::string& note) { seen += std::to_string(fraction)[0] + note + ' '; });
  p.future.then([&](int) { seen += "done"; });
  p.state->report(0.5, "half");
  p.state->report(1.0, "all");
  p.value(1);
  CHECK(seen.empty());
  executor->run();
  CHECK(seen == "0half 1all done");
}

TEST_CASE_FIXTURE(ByHand, "progress() gives the last report") {
  auto p = promise<int>();
  CHECK_FALSE(p.future.progress().has_value());
  p.state->report(0.25, "a");
  p.state->report(0.75, "b");
  REQUIRE(p.future.progress().has_value());
  CHECK(p.future.progress()->fraction == 0.75);
  CHECK(p.future.progress()->note == "b");
}

TEST_CASE_FIXTURE(ByHand, "an exception of a listener changes nothing, and chained futures report nothing") {
  auto p = promise<int>();
  p.future.on_progress([](double, const std::string&) { throw std::runtime_error{"in on_progress"}; });
  auto chained = p.future.then([](int v) { return v; });
  chained.on_progress([](double, const std::string&) { FAIL("reported"); });
  p.state->report(0.5, "");
  p.value(1);
  executor->run();
  CHECK_FALSE(chained.progress().has_value());
  CHECK(chained.get() == 1);
}

}  // namespace progress_test
