// Deaths of links, supervisors, children and brokers: nothing stays behind, and all others continue.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/exec.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace survival_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

int run_and_wait(Cluster& cluster, std::vector<std::string> argv) {
  return Process{std::move(argv), cluster.path("worker.log")}.exit_code();
}

}  // namespace

TEST_CASE("kill -9 of the link ends its children; the pool starts again and the tasks run again") {
  Cluster cluster;
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  const auto children = children_of(worker.pid(), "forkmill-child");
  const auto links = children_of(worker.pid(), "forkmill-link");
  REQUIRE(links.size() == 1);
  ::kill(links[0], SIGKILL);
  for (const pid_t pid : children) CHECK(eventually([&] { return !exists(pid); }));
  cluster.touch("go");
  CHECK(client.submit(kEcho, "again").get_for(kLong) == "again");
  CHECK(held.get_for(kLong) == "went on");
  CHECK(exists(worker.pid()));
}

TEST_CASE("kill -9 of the supervisor ends children, link and their sessions, and another worker takes over") {
  Cluster cluster;
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto breeding = client.submit(kBreed, cluster.path("family"));
  REQUIRE(eventually([&] { return cluster.has("family"); }));
  auto all = cluster.pids_in("family");
  for (const char* name : {"forkmill-child", "forkmill-link"}) {
    for (const pid_t pid : children_of(worker.pid(), name)) all.push_back(pid);
  }
  CHECK(all.size() == 6);
  worker.signal(SIGKILL);
  worker.wait();
  for (const pid_t pid : all) CHECK(eventually([&] { return !exists(pid); }));
  cluster.start_worker();
  CHECK(client.submit(kEcho, "x").get_for(kLong) == "x");
  breeding.cancel();
}

TEST_CASE("a worker waits for its broker and reconnects to a restarted one") {
  Cluster cluster;
  cluster.stop_broker();
  auto& worker = cluster.start_worker();
  REQUIRE(eventually([&] { return children_of(worker.pid(), "forkmill-child").size() == 2; }));
  cluster.start_broker();
  {
    Client client{cluster.endpoint()};
    CHECK(client.submit(kEcho, "one").get_for(kLong) == "one");
  }
  cluster.broker().signal(SIGKILL);
  cluster.broker().wait();
  cluster.start_broker();
  Client client{cluster.endpoint()};
  CHECK(client.submit(kEcho, "two").get_for(kLong) == "two");
}

TEST_CASE("a worker without a broker says so") {
  Cluster cluster;
  cluster.stop_broker();
  cluster.start_worker();
  const auto said = "the broker at " + cluster.endpoint() + " does not answer; still trying";
  CHECK(eventually([&] { return cluster.log().find(said) != std::string::npos; }));
}

TEST_CASE("a drain without a broker ends too") {
  Cluster cluster;
  cluster.stop_broker();
  auto& worker = cluster.start_worker();
  REQUIRE(eventually([&] { return children_of(worker.pid(), "forkmill-child").size() == 2; }));
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 0);
}

TEST_CASE("a wrong command line is refused with a text and an exit code") {
  Cluster cluster;
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--processes", "many"}) == 2);
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--broker", "nowhere"}) == 2);
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--allow-exec"}) == 2);
  CHECK(run_and_wait(cluster, {FORKMILL_WORKER_PROGRAM, "--broker", cluster.endpoint()}) == 2);
  CHECK(cluster.log().find("no handlers") != std::string::npos);
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--help"}) == 0);
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--broker", "tcp://no.such.host.invalid:x"}) != 0);
  std::ofstream{cluster.path("config.toml")} << "# a worker\nprocesses = 2\nqueus = \"a\"\n";
  CHECK(run_and_wait(cluster, {ROGUE_WORKER_PROGRAM, "--config", cluster.path("config.toml")}) == 2);
  CHECK(cluster.log().find("config.toml:3") != std::string::npos);
  CHECK(cluster.log().find("queues") != std::string::npos);
}

TEST_CASE("the stock worker runs commands, and they end with the worker") {
  Cluster cluster;
  auto& worker = cluster.start_worker({"--allow-exec"}, FORKMILL_WORKER_PROGRAM);
  Client client{cluster.endpoint()};
  ExecRequest request;
  request.argv = {"echo", "hello"};
  CHECK(client.submit(kExec, request).get_for(kLong).out == "hello\n");
  request.argv = {"no-such-command"};
  CHECK_THROWS_AS(client.submit(kExec, request).get_for(kLong), RemoteError);

  request.shell = true;
  request.argv = {"tail -f /dev/null & echo $$ $! > " + cluster.path("pids.new") + "; mv " + cluster.path("pids.new") +
                  " " + cluster.path("pids") + "; tail -f /dev/null"};
  auto sleeping = client.with({.max_attempts = 1}).submit(kExec, request);
  REQUIRE(eventually([&] { return cluster.has("pids"); }));
  const auto pids = cluster.pids_in("pids");
  SUBCASE("cancelled") {
    sleeping.cancel();
    CHECK_THROWS_AS(sleeping.get_for(kLong), Cancelled);
  }
  SUBCASE("supervisor killed") {
    worker.signal(SIGKILL);
    worker.wait();
  }
  SUBCASE("child killed") {
    for (const pid_t pid : children_of(worker.pid(), "forkmill-child")) ::kill(pid, SIGKILL);
    CHECK_THROWS_AS(sleeping.get_for(kLong), WorkerLost);
  }
  for (const pid_t pid : pids) CHECK(eventually([&] { return !exists(pid); }));
}

}  // namespace survival_test
