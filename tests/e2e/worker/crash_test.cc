// Handlers that end their own process: the cost is their own attempt.
#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <set>

#include "tests/e2e/worker/cluster.h"
#include "tests/e2e/worker/rogue_tasks.h"

namespace crash_test {

using namespace forkmill;
using namespace forkmill::test;

namespace {
constexpr auto kLong = 60s;
}

TEST_CASE("a crash reports its signal and last output to the submitter and harms no other task") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  std::vector<std::string> texts(200, "text");
  auto others = client.map(kEcho, texts);
  auto crash = client.with({.max_attempts = 1}).submit(kCrash, 300);
  auto more = client.map(kEcho, texts);
  try {
    crash.get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const WorkerLost& lost) {
    CHECK(lost.signal() == SIGABRT);
    CHECK(lost.output().find("line 299\n") != std::string::npos);
    CHECK(lost.output().find("about to crash") != std::string::npos);
    CHECK(lost.output().size() <= 4096);
    CHECK(lost.max_rss_bytes() > 0);
    CHECK(lost.attempt() == 1);
  }
  for (auto& future : others) CHECK(future.get_for(kLong) == "text");
  for (auto& future : more) CHECK(future.get_for(kLong) == "text");
  CHECK(cluster.log().find("line 0\n") != std::string::npos);  // passed on as well
}

TEST_CASE("a crashed task is retried up to max_attempts") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  try {
    client.with({.max_attempts = 3}).submit(kRaise, SIGKILL).get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const WorkerLost& lost) {
    CHECK(lost.signal() == SIGKILL);
    CHECK(lost.attempt() == 3);
    CHECK(std::string{lost.what()}.find("out of memory?") != std::string::npos);
  }
}

TEST_CASE("exit() in a handler loses the attempt, with its exit code") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  for (const int code : {0, 7}) {
    try {
      client.with({.max_attempts = 1}).submit(kExit, code).get_for(kLong);
      FAIL("it cannot have succeeded");
    } catch (const WorkerLost& lost) {
      CHECK(lost.signal() == 0);
      CHECK(lost.exit_code() == code);
    }
  }
  CHECK(client.submit(kEcho, "still there").get_for(kLong) == "still there");
}

TEST_CASE("any exception of a handler is an error with its type, and the child survives") {
  Cluster cluster;
  cluster.start_worker({"--processes", "1"});
  Client client{cluster.endpoint()};
  const int pid = client.submit(kPid).get_for(kLong);
  const auto error_of = [&](const std::string& what) {
    try {
      client.submit(kThrow, what, 1).get_for(kLong);
    } catch (const RemoteError& error) {
      CHECK(error.backtrace().find("throw_what") != std::string::npos);  // the function that threw
      return error.type() + "|" + error.message() + "|" + std::to_string(error.attempt());
    }
    return std::string{"none"};
  };
  CHECK(error_of("boom") == "std::runtime_error|boom|1");
  CHECK(error_of("int") == "int|42|1");
  CHECK(error_of("string").ends_with("|a string|1"));
  CHECK(error_of("text").ends_with("|a text|1"));
  CHECK(error_of("strange").find("Strange") != std::string::npos);
  CHECK(client.submit(kPid).get_for(kLong) == pid);
}

TEST_CASE("Retry asks for another attempt, and retry_errors does so for every error") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  CHECK(client.submit(kThrow, "retry", 2).get_for(kLong) == 3);
  CHECK(client.with({.backoff = 1ms, .retry_errors = true}).submit(kThrow, "boom", 1).get_for(kLong) == 2);
}

TEST_CASE("a result above the limit is an error, and one at the limit arrives") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  try {
    client.submit(kMake, 65ULL * 1024 * 1024).get_for(kLong);
    FAIL("it cannot have succeeded");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::result_too_large);
  }
  CHECK(client.submit(kMake, 5'000'000).get_for(kLong).size() == 5'000'000);
  CHECK(client.submit(kEcho, std::string(5'000'000, 'y')).get_for(kLong).size() == 5'000'000);
}

TEST_CASE("an idle child that is killed is replaced") {
  Cluster cluster;
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  client.submit(kEcho, "x").get_for(kLong);
  const auto before = children_of(worker.pid(), "forkmill-child");
  REQUIRE(before.size() == 2);
  for (const pid_t pid : before) ::kill(pid, SIGKILL);
  CHECK(eventually([&] {
    const auto now = children_of(worker.pid(), "forkmill-child");
    return now.size() == 2 && now[0] != before[0] && now[0] != before[1] && now[1] != before[0] && now[1] != before[1];
  }));
  CHECK(client.submit(kEcho, "x").get_for(kLong) == "x");
}

TEST_CASE("descendants of a dead child are killed in every process group") {
  Cluster cluster;
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  auto breeding = client.with({.max_attempts = 1}).submit(kBreed, cluster.path("family"));
  REQUIRE(eventually([&] { return cluster.has("family"); }));
  const auto family = cluster.pids_in("family");
  REQUIRE(family.size() == 3);
  ::kill(family[0], SIGKILL);
  CHECK_THROWS_AS(breeding.get_for(kLong), WorkerLost);
  for (const pid_t pid : family) CHECK(eventually([&] { return !exists(pid); }));
  // Reaped as well: the supervisor has no zombies.
  CHECK(eventually([&] {
    std::ifstream list{"/proc/" + std::to_string(worker.pid()) + "/task/" + std::to_string(worker.pid()) + "/children"};
    return std::distance(std::istream_iterator<pid_t>{list}, {}) == 3;
  }));
}

TEST_CASE("children are replaced after max_tasks_per_child tasks, and above max_memory_per_child") {
  Cluster cluster;
  Client client{cluster.endpoint()};
  SUBCASE("tasks") {
    cluster.start_worker({"--processes", "1", "--max-tasks-per-child", "2"});
    std::vector<int> pids;
    for (int i = 0; i < 6; ++i) pids.push_back(client.submit(kPid).get_for(kLong));
    CHECK(pids[0] == pids[1]);
    CHECK(pids[2] == pids[3]);
    CHECK(std::set<int>{pids.begin(), pids.end()}.size() == 3);
    std::vector<std::string> texts(50, "x");
    for (auto& future : client.map(kEcho, texts)) CHECK(future.get_for(kLong) == "x");
  }
  SUBCASE("memory") {
    cluster.start_worker({"--processes", "1", "--max-memory-per-child", "100M"});
    const int pid = client.submit(kPid).get_for(kLong);
    CHECK(client.submit(kGrow, 1'000'000).get_for(kLong) == static_cast<std::uint64_t>(pid));
    CHECK(client.submit(kPid).get_for(kLong) == pid);
    CHECK(client.submit(kGrow, 200'000'000).get_for(kLong) == static_cast<std::uint64_t>(pid));
    CHECK(client.submit(kPid).get_for(kLong) != pid);
  }
}

TEST_CASE("children that die before they are ready are restarted with growing pauses") {
  Cluster cluster;
  ::setenv("ROGUE_STILLBORN", cluster.path("births").c_str(), 1);
  auto& worker = cluster.start_worker({"--processes", "1"});
  ::unsetenv("ROGUE_STILLBORN");
  const auto births = [&] {
    const auto text = cluster.contents("births");
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(eventually([&] { return births() >= 3; }));
  CHECK(cluster.log().find("died during start-up") != std::string::npos);
  CHECK(cluster.log().find("no connection") != std::string::npos);
  CHECK(births() < 20);
  worker.signal(SIGTERM);
  CHECK(worker.exit_code() == 0);
}

TEST_CASE("on_start runs once before the fork; a child has its own session, /dev/null as stdin and no_new_privs") {
  Cluster cluster;
  auto& worker = cluster.start_worker();
  Client client{cluster.endpoint()};
  for (int i = 0; i < 4; ++i) CHECK(client.submit(kLoaded).get_for(kLong) == std::to_string(worker.pid()) + " 1");
  CHECK(client.submit(kHome).get_for(kLong) == std::tuple{std::string{"/dev/null"}, true, true});
}

TEST_CASE("a handler can read its fencing token, queue and task, and its log lines carry them") {
  Cluster cluster;
  cluster.start_worker();
  Client client{cluster.endpoint()};
  auto future = client.submit(kToken);
  const auto text = future.get_for(kLong);
  CHECK(text.find_first_not_of("0123456789") == text.find('-'));  // the epoch, and the number
  CHECK(text.find("-1 default " + future.id().to_string()) != std::string::npos);
  CHECK(eventually([&] {
    return cluster.log().find("rogue.token " + future.id().to_string() + ": hello from a handler") != std::string::npos;
  }));
}

}  // namespace crash_test
