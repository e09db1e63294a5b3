#include <atomic>
#include <memory>
#include <thread>

#include "tests/unit/client/promised.h"

namespace then_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Threaded, "then gives the value that its function returns, or void") {
  auto p = promise<int>();
  std::atomic<int> seen = 0;
  auto text = p.future.then([](int v) { return std::to_string(v); });
  auto nothing = p.future.then([&](int v) { seen = v; });
  static_assert(std::is_same_v<decltype(text), Future<std::string>>);
  static_assert(std::is_same_v<decltype(nothing), Future<void>>);
  p.value(42);
  CHECK(text.get() == "42");
  nothing.get();
  CHECK(seen == 42);
  CHECK(nothing.then([] { return 1; }).get() == 1);
}

TEST_CASE_FIXTURE(Threaded, "then calls its function also if the future is ready already") {
  auto p = promise<int>();
  p.value(1);
  CHECK(p.future.then([](int v) { return v + 1; }).get() == 2);
}

TEST_CASE_FIXTURE(Threaded, "an error passes then, and the function is not called") {
  auto p = promise<int>();
  bool called = false;
  auto chained = p.future.then([&](int) { called = true; }).then([&] { called = true; });
  p.error(Expired{});
  CHECK_THROWS_AS(chained.get(), Expired);
  CHECK_FALSE(called);
}

TEST_CASE_FIXTURE(Threaded, "an exception of the function is the error of the new future alone") {
  auto p = promise<int>();
  auto bad = p.future.then([](int) -> int { throw std::runtime_error{"mine"}; });
  auto good = p.future.then([](int v) { return v; });
  auto odd = p.future.then([](int) { throw 7; });  // NOLINT: any type may be thrown
  p.value(1);
  CHECK_THROWS_WITH(bad.get(), "mine");
  CHECK(good.get() == 1);
  CHECK_THROWS_AS(odd.get(), int);
}

TEST_CASE_FIXTURE(Threaded, "an undecodable result is an error of the chain") {
  auto p = promise<int>();
  auto chained = p.future.then([](int v) { return v; });
  p.bytes("\xC1");
  CHECK_THROWS_AS(chained.get(), Error);
}

TEST_CASE_FIXTURE(Threaded, "then follows a future that its function returns") {
  auto first = promise<int>();
  auto second = promise<std::string>();
  auto third = promise<int>();
  auto chained = first.future.then([f = std::move(second.future)](int) mutable { return std::move(f); });
  static_assert(std::is_same_v<decltype(chained), Future<std::string>>);
  first.value(1);
  CHECK_FALSE(chained.ready());
  second.value("inner");
  CHECK(chained.get() == "inner");

  auto failing = promise<int>();
  auto outer = promise<int>();
  auto error = outer.future.then([f = std::move(failing.future)](int) mutable { return std::move(f); });
  outer.value(1);
  failing.error(Cancelled{});
  CHECK_THROWS_AS(error.get(), Cancelled);
}

TEST_CASE_FIXTURE(Threaded, "the cancel of a chain cancels the future that it waits for now") {
  auto first = promise<int>();
  auto second = promise<int>();
  const auto second_id = second.future.id();
  auto entered = std::make_shared<std::atomic<bool>>(false);
  auto chained = first.future.then([f = std::move(second.future)](int) mutable { return std::move(f); });
  auto behind = first.future.then([entered](int) { *entered = true; });
  first.value(1);
  behind.get();  // callbacks run in order, so the inner future is known by now
  chained.cancel();
  REQUIRE(origin->cancelled.size() == 1);
  CHECK(origin->cancelled.front() == second_id);
  second.value(3);
  CHECK(chained.get() == 3);
}

TEST_CASE_FIXTURE(ByHand, "callbacks of a ManualExecutor run in poll, in the order of their registration") {
  auto p = promise<int>();
  std::string order;
  p.future.then([&](int) { order += 'a'; });
  p.future.on_error([&](const Error&) { order += '!'; });
  p.future.finally([&] { order += 'b'; });
  p.future.then([&](int) { order += 'c'; });
  p.value(1);
  p.future.then([&](int) { order += 'd'; });
  CHECK(order.empty());
  CHECK(executor->run() == 5);
  CHECK(order == "abcd");
}

TEST_CASE_FIXTURE(Threaded, "callbacks that are added during the resolution keep the order of their thread") {
  for (int round = 0; round < 300; ++round) {
    auto p = promise<int>();
    std::vector<int> order;
    std::thread resolver{[&] { p.value(1); }};
    Future<void> last;
    for (int i = 0; i < 8; ++i) last = p.future.then([&order, i](int) { order.push_back(i); });
    last.get();
    resolver.join();
    REQUIRE(order == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
  }
}

TEST_CASE_FIXTURE(Threaded, "values that cannot be copied are moved") {
  auto p = promise<int>();
  auto boxed = std::move(p.future).then([](int v) { return std::make_unique<int>(v); });
  auto value = std::move(boxed).then([](std::unique_ptr<int> box) { return *box; });
  p.value(9);
  CHECK(value.get() == 9);

  auto again = make_ready<std::unique_ptr<int>>(std::make_unique<int>(1));
  CHECK(*again.get() == 1);
  CHECK_THROWS_AS((void)again.get(), std::logic_error);
}

TEST_CASE_FIXTURE(Threaded, "then moves the value of an rvalue, and copies that of an lvalue") {
  struct Counting {
    int copies = 0;
    Counting() = default;
    Counting(const Counting& other) : copies{other.copies + 1} {}
    Counting(Counting&&) = default;
    Counting& operator=(const Counting&) = default;
    Counting& operator=(Counting&&) = default;
  };
  auto made = make_ready<int>(1).then([](int) { return Counting{}; });
  CHECK(made.get().copies == 1);
  CHECK(make_ready<int>(1).then([](int) { return Counting{}; }).get().copies == 0);
  CHECK(make_ready<int>(1).then([](int) { return Counting{}; }).then([](Counting c) { return c.copies; }).get() == 0);
}

TEST_CASE_FIXTURE(Threaded, "the callback thread may wait for a task, but not for another callback") {
  auto p = promise<int>();
  auto other = promise<int>();
  auto derived = other.future.then([](int v) { return v; });
  auto refused = p.future.then([&](int) { return derived.get(); });
  auto waits = p.future.then([&](int) { return other.future.get(); });
  p.value(1);
  CHECK_THROWS_AS(refused.get(), Error);
  other.value(4);
  CHECK(waits.get() == 4);
  CHECK(derived.get() == 4);
}

TEST_CASE_FIXTURE(ByHand, "the polling thread may not wait for a callback") {
  auto p = promise<int>();
  auto derived = p.future.then([](int v) { return v; });
  p.value(1);
  CHECK_THROWS_AS(derived.get(), Error);
  executor->run();
  CHECK(derived.get() == 1);
}

TEST_CASE_FIXTURE(ByHand, "dropped callbacks end the futures that wait for them") {
  auto p = promise<int>();
  auto dropped = p.future.then([](int v) { return v; });
  auto recovered = p.future.on_error([](const Error&) { return 0; });
  auto after = p.future.finally([] {});
  p.value(1);
  executor->stop();
  CHECK_THROWS_AS(dropped.get(), Disconnected);
  CHECK_THROWS_AS(recovered.get(), Disconnected);
  CHECK(after.get() == 1);
}

}  // namespace then_test
