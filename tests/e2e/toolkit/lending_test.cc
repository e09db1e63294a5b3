// Ends of pipes as arguments and results: what became of the other end when a task did not get or keep its end, and
// that nothing stays at the broker.
#include <forkmill/manager.h>
#include <forkmill/pipe.h>
#include <forkmill/queue.h>

#include <csignal>
#include <optional>

#include "tests/e2e/toolkit/process_kit.h"
#include "tests/leftovers.h"

namespace lending_test {

using namespace forkmill;
using forkmill::test::eventually;
using forkmill::test::ProcessCluster;
using forkmill::tests::leftovers;
using namespace std::chrono_literals;
using forkmill::Process;

namespace {

inline constexpr Task<void(Connection<std::string>, std::string)> kUnregistered{"p.unregistered"};
constexpr auto kHangGuard = 60s;

// A pipe whose second end goes to a task. At the end there must be nothing at the broker that was not there before.
struct Lending {
  ProcessCluster cluster;
  Client& client = cluster.client();
  std::optional<std::pair<Connection<std::string>, Connection<std::string>>> ends{pipe<std::string>(true, client)};

  Connection<std::string>& here() { return ends->first; }
  Connection<std::string>& there() { return ends->second; }
  void check_end() {
    CHECK_THROWS_AS(here().recv(kHangGuard), EndOfStream);
    CHECK_THROWS_AS(here().send("x", kHangGuard), EndOfStream);
    here().close();
    check_nothing_left();
  }
  void check_nothing_left() {
    std::string left;
    eventually([&] { return (left = leftovers(client)).empty(); });
    CHECK(left == "");
  }
};

}  // namespace

TEST_CASE("the peer of an end that never reaches its process gets the end of the stream") {
  Lending lending;
  SubmitOptions nowhere;
  nowhere.queue = "no worker serves this";
  SUBCASE("the process is killed as it starts") {
    auto process = lending.cluster.process(kGreet, lending.there(), lending.cluster.path("go"));
    process.start();
    lending.there().close();
    process.kill();
    process.join();
    lending.cluster.touch("go");
    try {
      const auto message = lending.here().recv(kHangGuard);  // if the kill came late
      CHECK(message == "hello");
    } catch (const EndOfStream&) {
    }
  }
  SUBCASE("the process is never started") {
    const auto process = lending.cluster.process(kGreet, lending.there(), lending.cluster.path("go"));
    lending.there().close();
    return lending.check_end();
  }
  SUBCASE("the process is destroyed before it is started") {
    { const auto process = lending.cluster.process(kGreet, std::move(lending.there()), lending.cluster.path("go")); }
  }
  SUBCASE("the task is cancelled") {
    auto future = lending.client.with(nowhere).submit(kGreet, lending.there(), "go");
    lending.there().close();
    CHECK_FALSE(lending.here().poll(50ms));
    future.cancel();
  }
  SUBCASE("the task expires") {
    nowhere.expires = 100ms;
    auto future = lending.client.with(nowhere).submit(kGreet, lending.there(), "go");
    lending.there().close();
  }
  SUBCASE("the broker refuses the task") {
    auto future =
        lending.client.submit(Task<void(Connection<std::string>, std::string)>{"p.hold"}, lending.there(), "");
    lending.there().close();
    CHECK_THROWS(future.get());
  }
  SUBCASE("the submission throws") {
    SubmitOptions wrong;
    wrong.queue = "q";
    CHECK_THROWS(
        lending.client.with(wrong).submit(Task<void(Connection<std::string>, std::string)>{" "}, lending.there(), ""));
    lending.there().close();
  }
  SUBCASE("its queue is removed") {
    Queue<Connection<std::string>> queue{"post", 0, lending.client};
    queue.put(lending.there());
    lending.there().close();
    CHECK_FALSE(lending.here().poll(50ms));
    queue.remove();
  }
  SUBCASE("the entry of a dict is overwritten") {
    Dict<std::string, Connection<std::string>> dict{"directory", lending.client};
    dict.set("end", lending.there());
    lending.there().close();
    CHECK_FALSE(lending.here().poll(50ms));
    dict.clear();
    CHECK(lending.here().poll(kHangGuard));
    dict.remove();
  }
  SUBCASE("a put that finds no room") {
    Queue<Connection<std::string>> queue{"post", 1, lending.client};
    auto [other, end_of_other] = pipe<std::string>(true, lending.client);
    queue.put(end_of_other);
    CHECK_THROWS_AS(queue.put(lending.there(), 10ms), Full);
    lending.there().close();
    queue.remove();
  }
  lending.check_end();
}

TEST_CASE("a crashed task that held an end of a pipe is lost, not tried again without the end") {
  Lending lending;
  auto future = lending.client.submit(kCrashWithEnd, lending.there(), SIGKILL);
  lending.there().close();
  CHECK_THROWS_AS(future.get_for(kHangGuard), WorkerLost);
  lending.check_end();
}

TEST_CASE("an end in a result reaches the submitter, and goes with the task when it does not") {
  Lending lending;
  lending.there().close();
  {
    auto end = lending.client.submit(kMakePipe).get_for(kHangGuard);
    CHECK(end.recv(kHangGuard) == "made here");
    CHECK_THROWS_AS(end.recv(kHangGuard), EndOfStream);
  }
  lending.check_end();
  {
    Client other{lending.cluster.endpoint()};
    auto ignored = other.submit(kMakePipe);
    REQUIRE(ignored.wait_for(kHangGuard));
  }
  lending.check_nothing_left();
}

TEST_CASE("no lock is left behind by a value or a condition") {
  Lending lending;
  lending.there().close();
  lending.here().close();
  SUBCASE("get_lock() is first called in a child") {
    Value<int> value{0, lending.client};
    lending.client.submit(kUseLockOfValue, value).get_for(kHangGuard);
  }
  SUBCASE("get_lock() of a named value, from both sides") {
    Value<int> value{"named", 0, lending.client};
    auto lock = value.get_lock();
    lending.client.submit(kUseLockOfValue, value).get_for(kHangGuard);
    value.remove();
    CHECK_THROWS_AS(lock.acquire(), Error);
  }
  SUBCASE("a named array") {
    Array<int> array{"named", 3, lending.client};
    array.get_lock();
    array.remove();
  }
  SUBCASE("a named condition with a lock of its own") {
    Condition condition{"named", lending.client};
    condition.remove();
  }
  SUBCASE("a condition whose lock is removed") {
    Lock lock{"named", lending.client};
    Condition condition{"condition", lock};
    lock.remove();
  }
  lending.check_nothing_left();
}

}  // namespace lending_test
