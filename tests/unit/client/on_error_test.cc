#include "tests/unit/client/promised.h"

namespace on_error_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Threaded, "on_error replaces the error by the value that its function returns") {
  auto p = promise<int>();
  auto recovered = p.future.on_error([](const Expired&) { return -1; });
  p.error(Expired{});
  CHECK(recovered.get() == -1);
}

TEST_CASE_FIXTURE(Threaded, "a success passes on_error, and so does an error of another class") {
  auto p = promise<int>();
  auto passed = p.future.on_error([](const Error&) { return -1; });
  p.value(5);
  CHECK(passed.get() == 5);

  auto q = promise<int>();
  auto other = q.future.on_error([](const Expired&) { return -1; });
  q.error(Cancelled{});
  CHECK_THROWS_AS(other.get(), Cancelled);
}

TEST_CASE_FIXTURE(Threaded, "the error stays if the function returns nothing") {
  auto p = promise<int>();
  std::string seen;
  auto watched = p.future.on_error([&](const Error& error) { seen = error.what(); });
  p.error(Cancelled{"by test"});
  CHECK_THROWS_AS(watched.get(), Cancelled);
  CHECK(seen.find("by test") != std::string::npos);
}

TEST_CASE_FIXTURE(Threaded, "an exception of the function replaces the error") {
  auto p = promise<int>();
  auto replaced = p.future.on_error([](const Error&) -> int { throw std::runtime_error{"other"}; });
  p.error(Cancelled{});
  CHECK_THROWS_WITH(replaced.get(), "other");
}

TEST_CASE_FIXTURE(Threaded, "a parameter exception_ptr takes every error, a generic lambda every Error") {
  auto p = promise<int>();
  auto mine = p.future.then([](int) -> int { throw std::runtime_error{"mine"}; });
  auto all = mine.on_error([](std::exception_ptr) { return 1; });
  auto errors_only = mine.on_error([](const auto&) { return 2; });
  p.value(0);
  CHECK(all.get() == 1);
  CHECK_THROWS_WITH(errors_only.get(), "mine");
}

TEST_CASE_FIXTURE(Threaded, "on_error handles an undecodable result") {
  auto p = promise<int>();
  auto recovered = p.future.on_error([](const Error& error) { return static_cast<int>(error.code()); });
  p.bytes("\xC1");
  CHECK(recovered.get() == static_cast<int>(Errc::result_undecodable));
}

TEST_CASE_FIXTURE(Threaded, "a future of void recovers by a future") {
  auto p = promise<int>();
  auto nothing = p.future.then([](int) {});
  auto recovered = nothing.on_error([](const Cancelled&) { return make_ready<void>(); });
  p.error(Cancelled{});
  recovered.get();
  CHECK_THROWS_AS(nothing.get(), Cancelled);
}

}  // namespace on_error_test
