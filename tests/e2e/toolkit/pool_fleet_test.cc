// Pool on a real broker and a worker program.
#include <doctest/doctest.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/e2e/worker/cluster.h"

namespace pool_fleet_test {

using namespace forkmill;
using namespace std::chrono_literals;
using forkmill::tests::eventually;

namespace {

class Fleet : public forkmill::test::Cluster {
 public:
  Fleet() : worker_{start_worker()}, client_{std::make_unique<Client>(endpoint())} {}
  Client& client() { return *client_; }
  pid_t host() const {
    const auto hosts = forkmill::test::children_of(worker_.pid(), "forkmill-proc");
    return hosts.empty() ? 0 : hosts.front();
  }
  void drop_client() { client_.reset(); }

 private:
  forkmill::test::Process& worker_;
  std::unique_ptr<Client> client_;
};

// The result, or nothing if the pool had lost its host.
std::optional<int> outcome_of(AsyncResult<int> call) {
  try {
    return call.get(60s);
  } catch (const WorkerLost&) {
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("a pool on a fleet runs calls and callbacks, reports errors and ends") {
  Fleet fleet;
  Pool pool{fleet.client(), {.processes = 3}};
  CHECK(pool.apply(kAdd, 2, 3) == 5);
  const auto squares = pool.map(kSquare, std::views::iota(0, 1000));
  CHECK(squares.size() == 1000);
  CHECK(squares.back() == 999 * 999);
  int told = 0;
  CHECK(pool.apply_async(kSquare, {4}, [&](int value) { told = value; }).get() == 16);
  CHECK(told == 16);
  CHECK_THROWS_AS(pool.apply(kPositive, -1), RemoteError);
  CHECK_THROWS_AS(pool.apply(kLeave, 1), WorkerLost);
  const auto pids = pool.map(kPid, std::vector<int>(50), 1);
  pool.close();
  pool.join();
  for (const int pid : pids) CHECK_FALSE(forkmill::test::exists(pid));
  CHECK(eventually([&] { return fleet.host() == 0; }));
}

TEST_CASE("a pool on a fleet reports a failing initializer, and terminates") {
  Fleet fleet;
  Pool failing{fleet.client(), {.processes = 2, .initializer = {kFailToStart}}};
  CHECK_THROWS_AS(failing.apply(kAdd, 1, 1), RemoteError);
  CHECK(eventually([&] { return fleet.host() == 0; }));
  Pool pool{fleet.client(), {.processes = 2, .initializer = {kStart, fleet.path("started"), 7}}};
  CHECK(pool.apply(kStarted, 0) == 7);
  const auto pending = pool.apply_async(kAwait, fleet.path("never"));
  pool.terminate();
  CHECK_THROWS_AS(pending.get(), Cancelled);
  CHECK(eventually([&] { return fleet.host() == 0; }));
}

TEST_CASE("a pool whose host is killed loses its running tasks and is rebuilt") {
  Fleet fleet;
  Pool pool{fleet.client(), {.processes = 2}};
  const int pid = pool.apply(kPid, 0);
  const auto pending = pool.apply_async(kMeet, fleet.path("up"), fleet.path("never"));
  REQUIRE(eventually([&] { return fleet.has("up"); }));
  REQUIRE(fleet.host() != 0);
  ::kill(fleet.host(), SIGKILL);
  CHECK_THROWS_AS(pending.get(60s), WorkerLost);
  CHECK(eventually([&] { return !forkmill::test::exists(pid); }));
  CHECK(eventually([&] { return outcome_of(pool.apply_async(kSquare, 5)) == 25; }));
}

TEST_CASE("each call made while a pool's lost host is replaced has a result or an error") {
  Fleet fleet;
  Pool pool{fleet.client(), {.processes = 2}};
  REQUIRE(pool.apply(kSquare, 2) == 4);
  REQUIRE(fleet.host() != 0);
  ::kill(fleet.host(), SIGKILL);
  std::vector<AsyncResult<int>> calls;
  std::jthread caller{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) calls.push_back(pool.apply_async(kSquare, static_cast<int>(calls.size() % 1000)));
  }};
  CHECK(eventually([&] { return fleet.host() != 0 && outcome_of(pool.apply_async(kSquare, 5)) == 25; }));
  caller.request_stop();
  caller.join();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto square = static_cast<int>((i % 1000) * (i % 1000));
    CHECK(outcome_of(std::move(calls[i])).value_or(square) == square);
  }
}

TEST_CASE("a pool ends with its client") {
  Fleet fleet;
  auto pool = std::make_unique<Pool>(fleet.client(), PoolOptions{.processes = 1});
  const int pid = pool->apply(kPid, 0);
  const auto pending = pool->apply_async(kAwait, fleet.path("never"));
  fleet.client().close();
  CHECK_THROWS_AS(pending.get(60s), Error);
  CHECK(eventually([&] { return !forkmill::test::exists(pid); }));
  pool.reset();
}

}  // namespace pool_fleet_test
