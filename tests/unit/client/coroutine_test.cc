#include <thread>

#include "tests/unit/client/promised.h"

namespace coroutine_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

Future<int> add_up(Future<int> a, Future<int> b) {
  const int first = co_await a;
  co_return first + co_await std::move(b);
}
Future<void> watch(Future<int> a, std::string& seen) {
  try {
    co_await a;
  } catch (const Cancelled&) {
    seen = "cancelled";
  }
}
Future<std::thread::id> where(Future<int> a) {
  co_await a;
  co_return std::this_thread::get_id();
}

}  // namespace

TEST_CASE_FIXTURE(Threaded, "co_await gives the value of a future, ready or not") {
  auto a = promise<int>();
  auto b = promise<int>();
  b.value(2);
  auto sum = add_up(std::move(a.future), std::move(b.future));
  CHECK_FALSE(sum.ready());
  a.value(40);
  CHECK(sum.get() == 42);
}

TEST_CASE_FIXTURE(Threaded, "co_await throws the error of a future, which ends the coroutine's future") {
  auto a = promise<int>();
  std::string seen;
  auto watched = watch(std::move(a.future), seen);
  a.error(Cancelled{});
  watched.get();
  CHECK(seen == "cancelled");

  auto c = promise<int>();
  auto d = promise<int>();
  auto sum = add_up(std::move(c.future), std::move(d.future));
  c.error(Expired{});
  CHECK_THROWS_AS(sum.get(), Expired);
}

TEST_CASE_FIXTURE(ByHand, "a coroutine goes on on the executor of the future that it awaits") {
  auto a = promise<int>();
  auto here = where(std::move(a.future));
  a.value(1);
  CHECK_FALSE(here.ready());
  executor->run();
  CHECK(here.get() == std::this_thread::get_id());
}

TEST_CASE_FIXTURE(ByHand, "callbacks of a coroutine's future run on that executor as well") {
  auto a = promise<int>();
  bool called = false;
  auto chained = where(std::move(a.future)).then([&](std::thread::id) { called = true; });
  a.value(1);
  while (executor->run() > 0) continue;
  CHECK(called);
  chained.get();
}

TEST_CASE_FIXTURE(Threaded, "a coroutine goes on when its future is dropped") {
  auto a = promise<int>();
  std::string seen;
  watch(std::move(a.future), seen);
  a.error(Cancelled{});
  auto last = promise<int>();
  last.value(1);
  last.future.then([](int) {}).get();  // callbacks run in order, so the coroutine has gone on
  CHECK(seen == "cancelled");
}

namespace {

// An awaitable that hands out the handle of the coroutine that awaits it.
struct Away {
  std::coroutine_handle<>& to;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const noexcept { to = coroutine; }
  void await_resume() const noexcept {}
};

Future<int> go_away(std::coroutine_handle<>& to) {
  co_await Away{to};
  co_return 1;
}

}  // namespace

TEST_CASE("the future of a coroutine that is destroyed before its end has an error") {
  std::coroutine_handle<> coroutine;
  auto result = go_away(coroutine);
  CHECK_FALSE(result.ready());
  coroutine.destroy();
  CHECK_THROWS_AS(result.get(), Disconnected);
}

}  // namespace coroutine_test
