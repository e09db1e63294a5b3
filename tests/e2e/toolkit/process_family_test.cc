// Who ends with whom: daemons, parents, workers; no zombie, no orphan. And what `forkmill ps` shows of them all.
#include <csignal>

#include "tests/e2e/toolkit/process_kit.h"

namespace process_family_test {

using namespace forkmill;
using forkmill::test::children_of;
using forkmill::test::eventually;
using forkmill::test::exists;
using forkmill::test::in_proc;
using forkmill::test::ProcessCluster;
using namespace std::chrono_literals;
using forkmill::Process;

namespace {

// A program that starts a process and then waits for the file "leave".
forkmill::test::Process parent_program(ProcessCluster& cluster, const std::string& kind, bool leaves = false) {
  ::setenv("FORKMILL_BROKER", cluster.endpoint().c_str(), 1);
  if (leaves) cluster.touch("leave");
  return {{ROGUE_WORKER_PROGRAM, "parent", kind, cluster.path("up"), cluster.path("go"), cluster.path("leave")},
          cluster.path("parent.log")};
}

pid_t held_pid(ProcessCluster& cluster) {
  REQUIRE(eventually([&] { return cluster.has("up"); }));
  const auto pids = cluster.pids_in("up");
  REQUIRE(pids.size() == 1);
  return pids[0];
}

}  // namespace

TEST_CASE("a daemon ends when its parent is killed with SIGKILL") {
  ProcessCluster cluster;
  auto parent = parent_program(cluster, "daemon");
  const pid_t daemon = held_pid(cluster);
  parent.signal(SIGKILL);
  parent.wait();
  CHECK(eventually([&] { return !in_proc(daemon); }));
}

TEST_CASE("a daemon ends when its parent ends") {
  ProcessCluster cluster;
  auto parent = parent_program(cluster, "daemon");
  const pid_t daemon = held_pid(cluster);
  cluster.touch("leave");
  CHECK(parent.exit_code() == 0);
  CHECK(eventually([&] { return !in_proc(daemon); }));
}

TEST_CASE("a program joins its non-daemon processes at its end") {
  ProcessCluster cluster;
  auto parent = parent_program(cluster, "other", true);
  const pid_t child = held_pid(cluster);
  CHECK_FALSE(parent.wait(1s));
  CHECK(exists(child));
  cluster.touch("go");
  CHECK(parent.exit_code() == 0);
  CHECK_FALSE(in_proc(child));
}

TEST_CASE("a non-daemon process outlives a killed parent") {
  ProcessCluster cluster;
  auto parent = parent_program(cluster, "other");
  const pid_t child = held_pid(cluster);
  parent.signal(SIGKILL);
  parent.wait();
  cluster.client().submit(kNothing).get();
  CHECK(exists(child));
  cluster.touch("go");
  CHECK(eventually([&] { return !in_proc(child); }));
}

TEST_CASE("a daemon may not have children, and the flag is inherited by default") {
  ProcessCluster cluster;
  Process daemon{cluster.client(), {.daemon = true}, kNested, cluster.path("daemon")};
  Process other{cluster.client(), {.daemon = false}, kNested, cluster.path("other")};
  daemon.start();
  other.start();
  daemon.join();
  other.join();
  CHECK(daemon.error_text() == "");
  CHECK(other.error_text() == "");
  const auto refused = cluster.lines("daemon");
  REQUIRE(refused.size() >= 2);
  CHECK(refused[0] == "daemon");
  CHECK(refused[1].find("a daemon may not have children") != std::string::npos);
  CHECK(cluster.contents("other") == "no daemon\nended 0");
}

TEST_CASE("a killed process takes its daemons with it at once") {
  ProcessCluster cluster;
  auto parent = cluster.process(kParent, cluster.path("up"), cluster.path("go"), cluster.path("leave"), true);
  parent.start();
  const pid_t daemon = held_pid(cluster);
  const auto before = std::chrono::steady_clock::now();
  parent.kill();
  parent.join();
  CHECK(eventually([&] { return !in_proc(daemon); }));
  CHECK(std::chrono::steady_clock::now() - before < 5s);  // a session would be missed after ten
  CHECK(parent.exitcode() == -SIGKILL);
}

TEST_CASE("a process joins its children and ends its daemons when it ends") {
  ProcessCluster cluster;
  auto parent = cluster.process(kParent, cluster.path("up"), cluster.path("go"), "", false);
  parent.start();
  const pid_t child = held_pid(cluster);
  CHECK_FALSE(parent.join(300ms));
  CHECK(exists(child));
  cluster.touch("go");
  parent.join();
  CHECK(parent.exitcode() == 0);
  CHECK_FALSE(in_proc(child));

  std::filesystem::remove(cluster.path("up"));
  std::filesystem::remove(cluster.path("go"));
  auto other = cluster.process(kParent, cluster.path("up"), cluster.path("go"), "", true);
  other.start();
  other.join();
  CHECK(other.error_text() == "");
  CHECK(eventually([&] { return cluster.processes().empty(); }));
}

TEST_CASE("a process leaves no zombies and no orphans") {
  ProcessCluster cluster;
  auto breeder = cluster.process(kBreed, cluster.path("family"));
  breeder.start();
  REQUIRE(eventually([&] { return cluster.has("family"); }));
  auto family = cluster.pids_in("family");
  REQUIRE(family.size() == 2);
  family.push_back(static_cast<pid_t>(*breeder.pid()));
  breeder.terminate();
  breeder.join();
  for (const pid_t pid : family) CHECK(eventually([&] { return !in_proc(pid); }));
  for (int i = 0; i < 20; ++i) {
    auto one = cluster.process(kNothing);
    one.start();
    one.join();
    CHECK_FALSE(in_proc(static_cast<pid_t>(*one.pid())));
  }
}

TEST_CASE("kill -9 of the supervisor ends its processes and is reported to their parents") {
  ProcessCluster cluster;
  auto process = cluster.held();
  const auto pid = static_cast<pid_t>(*process.pid());
  cluster.worker().signal(SIGKILL);
  cluster.worker().wait();
  CHECK(eventually([&] { return !in_proc(pid); }));
  process.join();
  CHECK(process.exitcode() == Process::kUnknownExit);
}

TEST_CASE("processes outlive a killed broker that comes back; daemons do not") {
  const std::string data = std::filesystem::temp_directory_path() / ("forkmill-process-" + std::to_string(::getpid()));
  {
    ProcessCluster cluster{{}, {"--data", data}};
    auto process = cluster.held();
    Process daemon{cluster.client(), {.daemon = true}, kHold, cluster.path("daemon"), cluster.path("go"), false};
    daemon.start();
    REQUIRE(eventually([&] { return cluster.has("daemon"); }));
    const auto pid = static_cast<pid_t>(*daemon.pid());
    cluster.kill_broker();
    cluster.start_broker();
    CHECK(eventually([&] { return !in_proc(pid); }));
    daemon.join();
    CHECK(daemon.exitcode() == Process::kUnknownExit);
    CHECK(process.is_alive());
    cluster.touch("go");
    process.join();
    CHECK(process.exitcode() == 0);
  }
  std::filesystem::remove_all(data);
}

TEST_CASE("a worker that drains waits for its processes") {
  ProcessCluster cluster;
  auto process = cluster.held();
  cluster.worker().signal(SIGTERM);
  CHECK_FALSE(cluster.worker().wait(1s));
  CHECK(process.is_alive());
  cluster.touch("go");
  process.join();
  CHECK(process.exitcode() == 0);
  CHECK(cluster.worker().exit_code() == 0);
}

TEST_CASE("a drain that takes too long ends the processes") {
  ProcessCluster cluster{{"--drain-timeout", "100ms"}};
  auto process = cluster.held();
  cluster.worker().signal(SIGTERM);
  process.join();
  CHECK(process.exitcode() == -SIGTERM);
  CHECK(cluster.worker().exit_code() == 0);
}

TEST_CASE("`forkmill ps` shows the processes of broker and workers") {
  ProcessCluster cluster;
  auto process = cluster.held({.name = "reader"});
  const auto ps = [&](std::vector<std::string> words) {
    std::vector<std::string> argv{FORKMILL_PROGRAM, "ps", "--broker", cluster.endpoint()};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto ended = cluster.run(std::move(argv));
    CHECK(ended.code == 0);
    return ended.output;
  };
  const std::string pid = std::to_string(*process.pid());
  REQUIRE(eventually([&] { return ps({}).find(pid) != std::string::npos; }));
  const std::string table = ps({});
  CHECK(table.find("HOST") == 0);
  CHECK(table.find("p.hold reader") != std::string::npos);
  for (const char* role : {"broker", "supervisor", "link", "child", "process"})
    CHECK(table.find(role) != std::string::npos);
  const std::string tree = ps({"--tree"});
  CHECK(tree.find("broker " + std::to_string(cluster.broker().pid())) == 0);
  CHECK(tree.find("supervisor " + std::to_string(cluster.worker().pid())) != std::string::npos);
  CHECK(tree.find("─ process " + pid) != std::string::npos);
  const std::string json = ps({"-o", "jsonl"});
  CHECK(json.find("\"id\":\"" + process.id().to_string() + "\"") != std::string::npos);
  CHECK(json.find("\"label\":\"reader\"") != std::string::npos);
  cluster.touch("go");
  process.join();
  CHECK(eventually([&] { return ps({}).find("p.hold reader") == std::string::npos; }));
}

}  // namespace process_family_test
