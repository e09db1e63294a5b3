// Handlers that fork and come back twice, or close what is not theirs: their child is replaced, and no other task
// knows.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace intruder_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {

constexpr auto kLong = 60s;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a forked copy that comes back from its handler ends, and has said nothing") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  const auto once = client.with({.max_attempts = 1});
  const std::vector<std::string> texts(50, "text");
  for (const std::string what : {"throw", "throw_int", "return", "progress"}) {
    CAPTURE(what);
    auto before = once.map(kEcho, texts);
    auto forked = once.submit(kFork, what);
    auto after = once.map(kEcho, texts);
    const bool throws = what.rfind("throw", 0) == 0;
    CHECK(forked.get_for(kLong) == (throws ? 1 : 0));  // the exit code of the copy
    for (auto& future : before) CHECK(future.get_for(kLong) == "text");
    for (auto& future : after) CHECK(future.get_for(kLong) == "text");
  }
  CHECK(eventually([&] { return count(cluster.log(), "is a copy that a handler has forked") == 4; }));
  CHECK(cluster.log().find("std::runtime_error: the copy cannot run what it should") != std::string::npos);
  CHECK(cluster.log().find("a line of the copy") == std::string::npos);
}

TEST_CASE("the child of a handler that closes descriptors is replaced, and nothing is written into foreign files") {
  Cluster cluster;
  auto& worker = cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  for (const std::string what : {"all", "over", "standard", "all"}) {
    CAPTURE(what);
    const pid_t before = client.submit(kPid).get_for(kLong);
    CHECK(client.submit(kClose, what, cluster.path("file")).get_for(kLong) == before);
    CHECK(client.submit(kPid).get_for(kLong) != before);
    CHECK(eventually([&] { return !exists(before); }));
    CHECK(client.submit(kEcho, "again").get_for(kLong) == "again");
  }
  CHECK(cluster.contents("file").empty());
  CHECK(count(cluster.log(), "is replaced") == 1);  // said once for each task name
  CHECK(children_of(worker.pid(), "forkmill-child").size() == 1);
}

}  // namespace intruder_test
