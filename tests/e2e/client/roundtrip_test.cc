// Client, broker and a worker's side, for real: what a user sees.
#include <functional>
#include <iterator>

#include "tests/e2e/client/rig.h"

namespace roundtrip_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

template <class T>
Errc code_of(Future<T>& future) {
  try {
    future.get_for(60s);
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

// Five strings, each made by a function when it is asked for: a range that can be gone through once.
struct Generated {
  struct Iterator {
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    std::string operator*() const { return (*make)(at); }
    Iterator& operator++() {
      ++at;
      return *this;
    }
    void operator++(int) { ++at; }
    bool operator==(std::default_sentinel_t) const { return at == 5; }
    const std::function<std::string(int)>* make;
    int at = 0;
  };
  Iterator begin() const { return {&make}; }
  static std::default_sentinel_t end() { return {}; }
  std::function<std::string(int)> make;
};

}  // namespace

TEST_CASE_FIXTURE(Rig, "a result, a void result and a chained result arrive") {
  CHECK(client.submit(kAdd, 2.0, 3.0).get() == 5.0);
  client.submit(kNothing).get();
  auto text = client.submit(kAdd, 1, 1).then([](double value) { return std::to_string(value); });
  CHECK(text.get_for(30s) == "2.000000");
}

TEST_CASE_FIXTURE(Rig, "a large argument and result travel whole") {
  const std::string large(3'000'000, 'x');
  CHECK(client.submit(kEcho, large).get() == large);
}

TEST_CASE_FIXTURE(Rig, "a handler's error arrives with type, message, worker and attempt") {
  auto failing = client.submit(kFail, 1);
  try {
    failing.get();
    FAIL("no error");
  } catch (const RemoteError& error) {
    CHECK(error.type() == "std::out_of_range");
    CHECK(error.message() == "at");
    CHECK(error.worker() == "fake");
    CHECK(error.attempt() == 1);
    CHECK(error.code() == Errc::handler_error);
  }
  CHECK(failing.state() == FutureState::failed);
  REQUIRE(failing.progress().has_value());
  CHECK(failing.progress()->note == "half");
}

TEST_CASE_FIXTURE(Rig, "ten thousand tasks of map complete in any order") {
  std::vector<std::pair<double, double>> pairs(10'000, {1.0, 2.0});
  double sum = 0;
  for (auto& done : as_completed(client.map(kAdd, pairs))) sum += done.get();
  CHECK(sum == 30'000.0);
}

TEST_CASE_FIXTURE(Rig, "attach finds the result from another client") {
  auto future = client.submit(kAdd, 20, 22);
  future.get();
  Client other{broker.endpoint()};
  CHECK(other.attach<double>(future.id()).get() == 42.0);
  CHECK_THROWS_AS(other.attach<double>(TaskId::make(1, 2, 3)).get(), Rejected);
}

TEST_CASE_FIXTURE(Rig, "a waiting task is cancelled") {
  auto waiting = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  CHECK(client.cancel(waiting.id()).get() == CancelState::cancelled);
  CHECK_THROWS_AS(waiting.get(), Cancelled);
  auto second = client.with({.delay = 1h}).submit(kAdd, 1, 1);
  second.cancel();
  CHECK_THROWS_AS(second.get(), Cancelled);
  CHECK(client.cancel(TaskId::make(1, 2, 3)).get() == CancelState::unknown);
}

TEST_CASE_FIXTURE(Rig, "every query has its answer") {
  CHECK(client.query(QueryKind::ping).get_for(30s).bytes.size() > 0);
  CHECK_THROWS_AS(client.query(QueryKind::task, "0190163d-8694-739b-aea5-966c26f8ad91").get_for(30s), Rejected);
}

TEST_CASE_FIXTURE(Rig, "map takes any input range, and an exception of the range passes through") {
  auto texts = Generated{[](int i) { return std::to_string(i); }};
  auto all = when_all(client.map(kEcho, texts));
  CHECK(all.get() == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(client.map(kEcho, std::vector<std::string>{}).empty());
  auto throwing = Generated{[](int i) -> std::string {
    if (i == 3) throw std::runtime_error{"source"};
    return "x";
  }};
  CHECK_THROWS_WITH((void)client.map(kEcho, throwing), "source");
}

TEST_CASE_FIXTURE(Rig, "submit_raw submits by name, unchecked, and gives the result as bytes") {
  const auto arguments = pack_value(std::make_tuple(2.0, 3.0));
  CHECK(client.submit_raw("math.add", arguments).get().bytes == pack_value(5.0));
  CHECK(client.with({.priority = 3}).submit_raw("math.add", arguments).get().bytes == pack_value(5.0));
}

TEST_CASE_FIXTURE(Rig, "another signature than the worker's is an error, not a wrong result") {
  constexpr Task<int(int)> kOtherAdd{"math.add"};
  client.submit(kAdd, 1, 1).get();  // the worker has registered by now
  try {
    client.submit(kOtherAdd, 1).get_for(30s);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::signature_mismatch);
    CHECK(std::string{error.what()}.find("have math.add as f64(f64,f64), and this program as i32(i32)") !=
          std::string::npos);
  }
}

TEST_CASE_FIXTURE(Rig, "many submissions under one key are one task with one result") {
  Client other{broker.endpoint()};
  const SubmitOptions keyed{.delay = 50ms, .key = "order-17"};
  auto first = client.with(keyed).submit(kAdd, 1, 2);
  auto again = client.with(keyed).submit(kAdd, 1, 2);
  auto different = client.with(keyed).submit(kAdd, 3, 4);
  REQUIRE(eventually([&] { return first.state() == FutureState::accepted; }));
  auto elsewhere = other.with(keyed).submit(kAdd, 1, 2);
  auto different_elsewhere = other.with({.queue = "default", .key = "order-17"}).submit(kEcho, "x");
  CHECK(first.id() == TaskId::of_key("default", "order-17"));
  for (auto* future : {&again, &elsewhere}) CHECK(future->id() == first.id());
  for (auto* future : {&first, &again, &elsewhere}) CHECK(future->get_for(60s) == 3);
  for (const auto& code : {code_of(different), code_of(different_elsewhere)}) CHECK(code == Errc::duplicate_task);
  Client late{broker.endpoint()};
  CHECK(late.with(keyed).submit(kAdd, 1, 2).get_for(60s) == 3);
  CHECK(late.attach(kAdd, first.id()).get_for(60s) == 3);
}

TEST_CASE_FIXTURE(Rig, "names and sizes are checked before sending") {
  CHECK_THROWS_AS((void)client.submit(Task<void()>{"no spaces"}), Error);
  CHECK_THROWS_AS((void)client.submit(Task<void()>{""}), Error);
  CHECK_THROWS_AS((void)client.with({.queue = "a b"}), Error);
  CHECK_THROWS_AS((void)client.with({.priority = 200}), Error);
  CHECK_THROWS_AS((void)client.submit(kEcho, std::string(65 * 1024 * 1024, 'x')), Rejected);
  CHECK_THROWS_AS((Client{"carrier-pigeon://home"}), Error);
}

TEST_CASE_FIXTURE(Rig, "a coroutine can await a task") {
  auto twice = [](Client& c) -> Future<double> {
    const double once = co_await c.submit(kAdd, 1, 2);
    co_return co_await c.submit(kAdd, once, once);
  };
  CHECK(twice(client).get_for(30s) == 6.0);
}

}  // namespace roundtrip_test
