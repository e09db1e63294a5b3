// Time limits, cancellation, drain and stop, on real processes.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace ending_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {
constexpr auto kLong = 60s;
const std::string kNever = "/proc/never";
}  // namespace

TEST_CASE("the soft limit asks the handler to stop") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto future = client.with({.soft_timeout = 100ms}).submit(kHold, cluster.path("up"), kNever, false);
  CHECK(future.get_for(kLong) == "stopped");
}

TEST_CASE("the hard limit ends the handler, even one that ignores SIGTERM, and no later task") {
  Cluster cluster;
  cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  const auto limited = client.with({.max_attempts = 1, .timeout = 100ms});
  auto stubborn = limited.submit(kHold, cluster.path("up"), kNever, true);
  auto next = client.submit(kEcho, "next");
  try {
    stubborn.get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const Timeout& timeout) {
    CHECK(timeout.code() == Errc::timed_out);
  }
  CHECK(next.get_for(kLong) == "next");
}

TEST_CASE("cancelling a running task stops it and not the task after it") {
  Cluster cluster;
  cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  for (const bool stubborn : {false, true}) {
    const std::string up = stubborn ? "up2" : "up1";
    auto held = client.submit(kHold, cluster.path(up), kNever, stubborn);
    auto next = client.submit(kEcho, "next");
    REQUIRE(eventually([&] { return cluster.has(up); }));
    held.cancel();
    if (stubborn)
      CHECK_THROWS_AS(held.get_for(kLong), Cancelled);
    else
      CHECK(held.get_for(kLong) == "stopped");  // the handler may still finish, and did
    CHECK(next.get_for(kLong) == "next");
  }
}

TEST_CASE("cancelling a task that waits behind a running one is exact") {
  Cluster cluster;
  cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  auto waiting = client.submit(kHold, cluster.path("must-not-exist"), cluster.path("go"), false);
  waiting.cancel();
  CHECK_THROWS_AS(waiting.get_for(kLong), Cancelled);
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
  CHECK_FALSE(cluster.has("must-not-exist"));
}

TEST_CASE("short tasks do not wait behind a long one while a sibling is free") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  std::vector<std::string> texts(500, "x");
  for (auto& future : client.map(kEcho, texts)) future.get_for(kLong);
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  for (auto& future : client.map(kEcho, texts)) CHECK(future.get_for(kLong) == "x");
  CHECK_FALSE(held.ready());
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
}

TEST_CASE("SIGTERM drains: running tasks finish, waiting ones go to another worker, and no process stays behind") {
  Cluster cluster;
  auto& first = cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  auto waiting = client.submit(kPid);
  const auto child = cluster.pids_in("up").at(0);
  first.signal(SIGTERM);
  cluster.start_worker({"--processes", "1"});
  CHECK(waiting.get_for(kLong) != child);
  CHECK_FALSE(held.ready());
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
  CHECK(first.exit_code() == 0);
  CHECK(eventually([&] { return !exists(child); }));
}

TEST_CASE("a drain stops a task that does not finish in time, and another worker runs it again") {
  Cluster cluster;
  auto& first = cluster.start_worker({"--processes", "1", "--drain-timeout", "100ms"});
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), true);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  first.signal(SIGTERM);
  CHECK(first.exit_code() == 0);
  cluster.touch("go");
  cluster.start_worker();
  CHECK(held.get_for(kLong) == "went on");
}

TEST_CASE("a second SIGTERM stops at once, and another worker runs the tasks again") {
  Cluster cluster;
  auto& first = cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), true);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  const auto child = cluster.pids_in("up").at(0);
  first.signal(SIGTERM);
  REQUIRE(eventually([&] { return cluster.log().find("draining") != std::string::npos; }));
  first.signal(SIGTERM);
  CHECK(first.exit_code() == 1);
  CHECK_FALSE(exists(child));
  for (const char* death : {"the link died", "killed the link"}) CHECK(cluster.log().find(death) == std::string::npos);
  cluster.touch("go");
  cluster.start_worker();
  CHECK(held.get_for(kLong) == "went on");
}

TEST_CASE("a drain with an outcome that the broker does not get says so in its exit code") {
  Cluster cluster;
  auto& worker = cluster.start_worker({"--drain-timeout", "1s"});
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  cluster.kill_broker();
  cluster.touch("go");
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 1);
  CHECK(cluster.log().find("the broker has not acknowledged 1 outcome") != std::string::npos);
  held.cancel();
  cluster.start_broker();
}

}  // namespace ending_test
