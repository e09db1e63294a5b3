// Tasks after the broker, a worker or both are killed.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/broker/data_folder.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace kill_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

// The broker grants no task again before workers have had this time to reconnect.
const std::vector<std::string> kPatient{"--restart-grace", "5s"};

template <class T>
void await_acceptance(const Future<T>& future) {
  REQUIRE(eventually([&] { return future.state() != FutureState::pending; }));
}

}  // namespace

TEST_CASE("after kill -9 of the broker, waiting, delayed, running and ended tasks end right and start once") {
  DataFolder folder;
  Cluster cluster{folder.flags(kPatient)};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  const auto done = client.submit(kEcho, "done");
  REQUIRE(eventually([&] { return done.ready(); }));
  const auto submitted = std::chrono::steady_clock::now();
  auto delayed = client.with({.delay = 3s}).submit(kNote, cluster.path("delayed"), cluster.path("go"), "delayed");
  auto waiting = client.with({.queue = "later"}).submit(kNote, cluster.path("waiting"), cluster.path("go"), "waiting");
  auto running = client.submit(kNote, cluster.path("running"), cluster.path("go"), "running");
  await_acceptance(delayed);
  await_acceptance(waiting);
  await_acceptance(running);
  REQUIRE(eventually([&] { return cluster.has("running"); }));

  cluster.kill_broker();
  cluster.start_broker();
  cluster.touch("go");
  CHECK(running.get_for(kLong) == "running");
  CHECK(delayed.get_for(kLong) == "delayed");
  CHECK(std::chrono::steady_clock::now() - submitted >= 3s);
  cluster.start_worker({"--queues", "later"});
  CHECK(waiting.get_for(kLong) == "waiting");
  Client another{cluster.endpoint()};
  CHECK(another.attach(kEcho, done.id()).get_for(kLong) == "done");
  for (const char* notes : {"running", "delayed", "waiting"}) CHECK(cluster.contents(notes) == "start\nend\n");
}

TEST_CASE("a result that a worker holds while the broker is away is delivered to the next one") {
  DataFolder folder;
  Cluster cluster{folder.flags(kPatient)};
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto held = client.submit(kNote, cluster.path("notes"), cluster.path("go"), "held");
  await_acceptance(held);  // a task may run before it is on disk
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\n"; }));
  cluster.kill_broker();
  cluster.touch("go");
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\nend\n"; }));
  cluster.start_broker();
  CHECK(held.get_for(kLong) == "held");
  CHECK(cluster.contents("notes") == "start\nend\n");
}

TEST_CASE("after kill -9 of broker and worker, running tasks run again") {
  DataFolder folder;
  Cluster cluster{folder.flags()};
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto task = client.submit(kNote, cluster.path("notes"), cluster.path("go"), "again");
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\n"; }));
  cluster.kill_broker();
  worker.signal(SIGKILL);
  worker.wait();
  cluster.start_broker();
  cluster.start_worker();
  cluster.touch("go");
  CHECK(task.get_for(kLong) == "again");
  CHECK(cluster.contents("notes") == "start\nstart\nend\n");
}

TEST_CASE("an at-most-once task starts once whichever process is killed, and ends with WorkerLost if lost") {
  DataFolder folder;
  Cluster cluster{folder.flags(kPatient)};
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  const auto once = client.with({.max_attempts = 5, .retry_errors = true, .at_most_once = true});
  auto task = once.submit(kNote, cluster.path("notes"), cluster.path("go"), "once");
  REQUIRE(eventually([&] { return cluster.contents("notes") == "start\n"; }));
  const auto kill_worker = [&] {
    worker.signal(SIGKILL);
    worker.wait();
  };
  SUBCASE("the worker") {
    kill_worker();
    cluster.start_worker();
    CHECK_THROWS_AS(task.get_for(kLong), WorkerLost);
    CHECK(cluster.contents("notes") == "start\n");
  }
  SUBCASE("the broker and the worker") {
    cluster.kill_broker();
    kill_worker();
    cluster.start_broker();
    cluster.start_worker();
    CHECK_THROWS_AS(task.get_for(kLong), WorkerLost);
    CHECK(cluster.contents("notes") == "start\n");
  }
  SUBCASE("the broker alone: the worker comes back with it") {
    cluster.kill_broker();
    cluster.start_broker();
    cluster.touch("go");
    CHECK(task.get_for(kLong) == "once");
    CHECK(cluster.contents("notes") == "start\nend\n");
  }
  SUBCASE("no process, and the handler throws") {
    auto thrown = once.submit(kThrow, "no", 1);
    CHECK_THROWS_AS(thrown.get_for(kLong), RemoteError);
    cluster.touch("go");
    CHECK(task.get_for(kLong) == "once");
  }
}

}  // namespace kill_test
