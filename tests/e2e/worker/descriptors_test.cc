// Workers that may open no more descriptors: what cannot be started is started later, and nothing else is lost.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/exec.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace descriptors_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

std::size_t children(const Process& worker) { return children_of(worker.pid(), "forkmill-child").size(); }
bool says(const Cluster& cluster, const std::string& text) { return cluster.log().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("a supervisor without free descriptors keeps its children and restarts the missing one later") {
  Cluster cluster;
  const auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  REQUIRE(take_descriptors(worker.pid()));
  CHECK_THROWS_AS(client.with({.max_attempts = 1}).submit(kRaise, SIGKILL).get_for(kLong), WorkerLost);
  CHECK(eventually([&] { return says(cluster, "no child can be started"); }));
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
  CHECK(client.submit(kEcho, "by the other").get_for(kLong) == "by the other");
  REQUIRE(give_descriptors(worker.pid()));
  CHECK(eventually([&] { return children(worker) == 2; }));
}

TEST_CASE("a link without free descriptors replaces the unreachable child and keeps the others") {
  Cluster cluster;
  const auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto held = client.submit(kHold, cluster.path("up"), cluster.path("go"), false);
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  const auto links = children_of(worker.pid(), "forkmill-link");
  REQUIRE(links.size() == 1);
  REQUIRE(take_descriptors(links[0]));
  CHECK_THROWS_AS(client.with({.max_attempts = 1}).submit(kRaise, SIGKILL).get_for(kLong), WorkerLost);
  CHECK(eventually([&] { return says(cluster, "no descriptor is left"); }));
  cluster.touch("go");
  CHECK(held.get_for(kLong) == "went on");
  CHECK(client.submit(kEcho, "goes on").get_for(kLong) == "goes on");
  REQUIRE(give_descriptors(links[0]));
  CHECK(eventually([&] { return children(worker) == 2; }));
  CHECK(children_of(worker.pid(), "forkmill-link") == links);
}

TEST_CASE("a worker that can start no command hands them back and says so, and a healthy worker runs them all") {
  Cluster cluster;
  const auto& poor = cluster.start_worker({"--allow-exec"}, FORKMILL_WORKER_PROGRAM);
  REQUIRE(eventually([&] { return children(poor) == 2; }));
  Client client{cluster.endpoint()};
  ExecRequest request;
  request.argv = {"true"};
  CHECK(client.submit(kExec, request).get_for(kLong).exit_code == 0);
  for (const pid_t pid : children_of(poor.pid(), "forkmill-child")) REQUIRE(take_descriptors(pid));
  const std::vector<ExecRequest> requests(100, request);
  auto jobs = client.with({.max_attempts = 1}).map(kExec, requests);
  REQUIRE(eventually([&] { return says(cluster, "this worker takes no tasks for a while"); }));
  cluster.start_worker({"--allow-exec"}, FORKMILL_WORKER_PROGRAM);
  for (auto& job : jobs) CHECK(job.get_for(kLong).exit_code == 0);
  CHECK(children(poor) == 2);
}

}  // namespace descriptors_test
