// The end of a client whose executor still holds callbacks. No broker is needed, because closing ends the futures.
#include <spdlog/sinks/base_sink.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "client/futures/log.h"
#include "tests/unit/client/promised.h"

namespace lifetime_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

constexpr Task<int(int)> kTwice{"test.twice"};

ClientOptions with_executor(std::shared_ptr<Executor> executor) {
  ClientOptions options;
  options.endpoint = "ipc:///tmp/forkmill-no-broker";
  options.executor = std::move(executor);
  return options;
}

template <class T>
Errc code_of(Future<T>& future) {
  try {
    future.get();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

}  // namespace

TEST_CASE("callbacks that an executor still holds run after their client has ended") {
  auto executor = std::make_shared<ManualExecutor>();
  const std::weak_ptr<Executor> watch = executor;
  int called = 0;
  Future<int> chained;
  {
    Client client{with_executor(executor)};
    chained = client.submit(kTwice, 1).on_error([&](const Disconnected&) { return ++called; });
  }
  CHECK_FALSE(chained.ready());
  CHECK(executor->run() == 1);
  CHECK(called == 1);
  CHECK(chained.get() == 1);
  executor.reset();
  CHECK(watch.expired());
}

TEST_CASE("an executor that only its client keeps ends with it, and its callbacks with client_closed") {
  std::weak_ptr<Executor> watch;
  Future<int> dropped;
  Future<void> after_it;
  bool called = false;
  {
    auto executor = std::make_shared<ManualExecutor>();
    watch = executor;
    Client client{with_executor(std::move(executor))};
    dropped = client.submit(kTwice, 1).on_error([&](const Disconnected&) {
      called = true;
      return 1;
    });
    after_it = dropped.then([&](int) { called = true; });
  }
  CHECK(watch.expired());
  CHECK_FALSE(called);
  for (const auto& code : {code_of(dropped), code_of(after_it)}) CHECK(code == Errc::client_closed);
}

TEST_CASE("poll() after close() runs the callbacks that the end of the futures has added") {
  int called = 0;
  Client client{with_executor(std::make_shared<ManualExecutor>())};
  auto chained = client.submit(kTwice, 1).on_error([&](const Disconnected&) { return ++called; });
  client.close();
  CHECK(client.poll() == 1);
  CHECK(chained.get() == 1);
}

TEST_CASE("a callback added when client and executor are gone is dropped, and its future ends") {
  Future<int> ended;
  Future<void> chained;
  {
    Client client{with_executor(std::make_shared<ManualExecutor>())};
    ended = client.submit(kTwice, 1);
  }
  CHECK_THROWS_AS(ended.get(), Disconnected);
  bool called = false;
  chained = ended.then([&](int) { called = true; });
  CHECK_THROWS_AS(chained.get(), Disconnected);
  CHECK_FALSE(called);
}

TEST_CASE("in a forked child, waits for futures that callbacks make end with an error, and its own futures work") {
  make_ready<int>(1).then([](int) {}).get();  // the thread for futures without a client runs
  Client client{with_executor(nullptr)};
  auto chained = client.submit(kTwice, 1).then([](int value) { return value; });
  std::vector<Future<int>> both;
  both.push_back(client.submit(kTwice, 1).then([](int value) { return value; }));
  both.push_back(client.submit(kTwice, 2));
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int told = 0;
    const auto expect_error = [&](auto&& wait) {
      try {
        wait();
      } catch (const Disconnected&) {
        ++told;
      }
    };
    expect_error([&] { (void)chained.get(); });
    expect_error([&] { chained.cancel(); });
    expect_error([&] { (void)wait(std::move(both)); });
    if (make_ready<int>(1).then([](int value) { return value; }).get() == 1) ++told;
    ::_exit(told);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 4);
}

TEST_CASE("a missing broker is logged once, after the connect timeout, and futures are kept") {
  struct Listener final : spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
      lines.emplace_back(message.payload.begin(), message.payload.end());
      heard.notify_all();
    }
    void flush_() override {}
    std::condition_variable_any heard;
    std::vector<std::string> lines;
    std::mutex& mutex() { return mutex_; }
  };
  const auto listener = std::make_shared<Listener>();
  client::log().sinks().push_back(listener);
  {
    auto options = with_executor(nullptr);
    options.connect_timeout = 20ms;
    Client client{options};
    auto future = client.submit(kTwice, 1);
    {
      std::unique_lock lock{listener->mutex()};
      CHECK(listener->heard.wait_for(lock, 60s, [&] { return !listener->lines.empty(); }));
    }
    CHECK(future.state() == FutureState::pending);
    CHECK_FALSE(future.wait_for(50ms));
  }
  client::log().sinks().pop_back();
  REQUIRE(listener->lines.size() == 1);
  CHECK(listener->lines[0] ==
        "the broker at ipc:///tmp/forkmill-no-broker does not answer; is forkmill-broker running there?; 1 task waits "
        "for it");
}

TEST_CASE("time limits of a client may be longer than any clock") {
  auto options = with_executor(nullptr);
  options.connect_timeout = options.submit_timeout = std::chrono::milliseconds::max();
  options.stay_awake = std::chrono::microseconds::max();
  options.when_full = WhenFull::timeout;
  options.fail_fast = true;
  Client client{options};
  auto future = client.submit(kTwice, 1);
  CHECK_FALSE(future.wait_for(5ms));  // the limit has not passed
  std::thread waiter{[&] { CHECK_FALSE(client.wait_connected(std::chrono::milliseconds::max())); }};
  client.close();
  waiter.join();
}

}  // namespace lifetime_test
