// The members that tell of one future: get, get_for, wait, wait_for, ready, successful, state.
#include "tests/unit/client/promised.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

namespace get_test {

using namespace forkmill;
using namespace forkmill::tests;

TEST_CASE_FIXTURE(Threaded, "get waits for the value, and gives it each time") {
  auto p = promise<std::string>();
  std::thread resolver{[&] { p.value("text"); }};
  CHECK(p.future.get() == "text");
  CHECK(p.future.get() == "text");
  resolver.join();
}

TEST_CASE_FIXTURE(Threaded, "a result of any size is there when the bytes that it came in have gone") {
  for (const std::size_t size : {0, 1, 31, 70, 71, 72, 73, 1000, 100'000}) {
    auto p = promise<std::string>();
    auto packed = pack_value(std::string(size, 'x'));
    p.state->succeed(packed);
    packed.assign(packed.size(), '?');
    CHECK(p.future.get() == std::string(size, 'x'));
  }
}

TEST_CASE_FIXTURE(Threaded, "get throws the error each time") {
  auto p = promise<int>();
  p.error(Cancelled{"by test"});
  CHECK_THROWS_AS(p.future.get(), Cancelled);
  CHECK_THROWS_AS(p.future.get(), Error);
}

TEST_CASE_FIXTURE(Threaded, "get_for throws Timeout with a reason, and can be called again") {
  auto p = promise<int>();
  try {
    p.future.get_for(1ms);
    FAIL("no timeout");
  } catch (const Timeout& error) {
    CHECK(error.code() == Errc::timeout);
    CHECK(std::string{error.what()}.find("it is a test") != std::string::npos);
  }
  CHECK_THROWS_AS(p.future.get_for(0ms), Timeout);
  CHECK_THROWS_AS(p.future.get_for(-5s), Timeout);
  p.value(7);
  CHECK(p.future.get_for(0ms) == 7);
  CHECK(p.future.get_for(std::chrono::hours::max()) == 7);
}

TEST_CASE_FIXTURE(Threaded, "a wait without a limit, and one with almost none, end with the result") {
  auto p = promise<int>();
  std::thread resolver{[&] { p.value(1); }};
  CHECK(p.future.wait_for(std::chrono::nanoseconds::max()));
  p.future.wait();
  resolver.join();
}

TEST_CASE_FIXTURE(Threaded, "a limit beyond the clock is no limit, and one before its start has passed") {
  using namespace std::chrono;
  auto p = promise<int>();
  CHECK_FALSE(p.future.wait_for(hours::min()));
  CHECK_FALSE(p.future.wait_for(duration<double>{-1e300}));
  CHECK_THROWS_AS(p.future.get_for(years::min()), Timeout);
  std::vector<std::thread> waiters;
  std::atomic<int> in_time = 0;
  waiters.emplace_back([&] { in_time += p.future.wait_for(hours::max()) ? 1 : 0; });
  waiters.emplace_back([&] { in_time += p.future.wait_for(years::max()) ? 1 : 0; });
  waiters.emplace_back([&] { in_time += p.future.wait_for(duration<double>{1e300}) ? 1 : 0; });
  waiters.emplace_back([&] { in_time += p.future.wait_for(duration<float>{std::numeric_limits<float>::infinity()}); });
  p.value(1);
  for (auto& waiter : waiters) waiter.join();
  CHECK(in_time == 4);
  CHECK(p.future.get_for(hours::max()) == 1);
}

TEST_CASE("durations are rounded up, and stay within their type") {
  using namespace std::chrono;
  using detail::saturated;
  CHECK(saturated<milliseconds>(1us) == 1ms);
  CHECK(saturated<milliseconds>(-1us) == 0ms);
  CHECK(saturated<nanoseconds>(hours{24}) == hours{24});
  CHECK(saturated<nanoseconds>(hours::max()) == nanoseconds::max());
  CHECK(saturated<nanoseconds>(hours::min()) == nanoseconds::min());
  CHECK(saturated<nanoseconds>(nanoseconds::max()) == nanoseconds::max());
  CHECK(saturated<nanoseconds>(nanoseconds::max() - 1ns) == nanoseconds::max() - 1ns);
  CHECK(saturated<nanoseconds>(nanoseconds::min()) == nanoseconds::min());
  CHECK_THROWS_AS(saturated<nanoseconds>(duration<double>{std::nan("")}), std::invalid_argument);
}

TEST_CASE_FIXTURE(Threaded, "ready, successful and state tell how far a future is") {
  auto p = promise<int>();
  CHECK_FALSE(p.future.ready());
  CHECK_THROWS_AS((void)p.future.successful(), std::logic_error);
  CHECK(p.future.state() == FutureState::pending);
  p.state->mark_accepted();
  CHECK(p.future.state() == FutureState::accepted);
  p.state->report(0.5, "half");
  CHECK(p.future.state() == FutureState::running);
  p.value(1);
  CHECK(p.future.successful());
  CHECK(p.future.state() == FutureState::succeeded);

  auto expired = promise<int>();
  expired.error(Expired{});
  CHECK_FALSE(expired.future.successful());
  CHECK(expired.future.state() == FutureState::expired);
  auto cancelled = promise<int>();
  cancelled.error(Cancelled{});
  CHECK(cancelled.future.state() == FutureState::cancelled);
  auto failed = promise<int>();
  failed.error(RemoteError{Failure{}});
  CHECK(failed.future.state() == FutureState::failed);
}

TEST_CASE_FIXTURE(Threaded, "bytes that are not a value of its type are an error of this future alone") {
  auto p = promise<int>();
  p.bytes(pack_value(std::string{"text"}));
  CHECK_FALSE(p.future.successful());
  try {
    p.future.get();
    FAIL("decoded");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::result_undecodable);
    CHECK(std::string{error.what()}.find(p.future.id().to_string()) != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Threaded, "a raw result is the packed bytes") {
  auto p = promise<int>();
  p.bytes("\xC1 not msgpack");
  CHECK(p.raw().get().bytes == "\xC1 not msgpack");
}

TEST_CASE_FIXTURE(Threaded, "an empty future throws for every call") {
  auto p = promise<int>();
  auto taken = std::move(p.future);
  CHECK_FALSE(p.future.valid());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK_THROWS_AS((void)p.future.ready(), std::logic_error);
  CHECK_THROWS_AS(p.future.get(), std::logic_error);
  CHECK_THROWS_AS((void)p.future.then([](int) {}), std::logic_error);
  CHECK_THROWS_AS((void)Future<void>{}.get(), std::logic_error);
}

TEST_CASE_FIXTURE(Threaded, "destroying a future neither waits nor drops its callbacks") {
  auto p = promise<int>();
  auto doubled = p.future.then([](int v) { return 2 * v; });
  p.future = {};
  p.value(21);
  CHECK(doubled.get() == 42);
}

TEST_CASE_FIXTURE(Threaded, "cancel asks the origin, by the task's id, also from a chained future") {
  auto p = promise<int>();
  p.future.cancel();
  p.future.then([](int) {}).cancel();
  CHECK(origin->cancelled == std::vector{p.future.id(), p.future.id()});
  p.value(1);
  p.future.cancel();  // too late: the origin is not asked
  CHECK(origin->cancelled.size() == 2);
}

TEST_CASE_FIXTURE(Threaded, "many threads may wait for one future") {
  auto p = promise<int>();
  auto shared = p.future.share();
  std::vector<std::thread> waiters;
  std::atomic<int> sum = 0;
  waiters.reserve(8);
  for (int i = 0; i < 8; ++i) waiters.emplace_back([shared, &sum] { sum += shared.get(); });
  p.value(5);
  for (auto& waiter : waiters) waiter.join();
  CHECK(sum == 40);
}

TEST_CASE("make_ready and make_failed give futures that are ready") {
  CHECK(make_ready<int>(3).get() == 3);
  make_ready<void>().get();
  CHECK_THROWS_AS(make_failed<int>(std::make_exception_ptr(Cancelled{})).get(), Cancelled);
  CHECK(make_ready<int>(3).then([](int v) { return v + 1; }).get() == 4);
}

}  // namespace get_test
