// Processes that hold named objects: what becomes of these, and what operators see of them.
#include <forkmill/sync.h>

#include <csignal>

#include "tests/e2e/toolkit/process_kit.h"

namespace holder_test {

using namespace forkmill;
using forkmill::test::eventually;
using forkmill::test::ProcessCluster;
using namespace std::chrono_literals;

namespace {

// The broker ends no silent session while a test runs.
struct Holders : ProcessCluster {
  Holders() : ProcessCluster{{}, {"--memory", "--session-timeout", "1h"}} {}

  // Has the lock.
  forkmill::Process holder(const std::string& lock, const std::string& file) {
    auto started = process(kHoldLock, lock, path(file));
    started.start();
    REQUIRE(eventually([&] { return has(file); }));
    return started;
  }
  std::string object(std::vector<std::string> words, int code = 0) {
    std::vector<std::string> argv{FORKMILL_PROGRAM, "object"};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.insert(argv.end(), {"--broker", endpoint()});
    const auto ended = run(std::move(argv));
    CHECK(ended.code == code);
    return ended.output;
  }
};

}  // namespace

TEST_CASE("the lock of a killed process passes on when its supervisor reports the death") {
  Holders cluster;
  auto holder = cluster.holder("l", "token");
  Lock lock{"l", cluster.client()};
  CHECK_FALSE(lock.try_acquire());
  holder.kill();
  REQUIRE(lock.acquire(60s));
  CHECK(lock.token() > std::stoll(cluster.contents("token")));
  holder.join();
  CHECK(holder.exitcode() == -SIGKILL);
}

TEST_CASE("a process that waits for a lock is shown as waiting, then as running") {
  Holders cluster;
  Lock lock{"l", cluster.client()};
  lock.acquire();
  auto process = cluster.process(kHoldLock, "l", cluster.path("token"));
  CHECK(process.state() == ProcessState::created);
  process.start();
  REQUIRE(eventually([&] { return process.state() == ProcessState::waiting; }));
  lock.release();
  REQUIRE(eventually([&] { return cluster.has("token"); }));
  CHECK(process.state() == ProcessState::running);
  process.kill();
  process.join();
  CHECK(process.state() == ProcessState::terminated);
}

TEST_CASE("`forkmill object` lists, shows, removes and releases objects") {
  Holders cluster;
  auto holder = cluster.holder("build:lock", "token");
  Lock lock{"build:lock", cluster.client()};
  auto waiting = lock.acquire_async();
  REQUIRE(eventually([&] { return cluster.object({"show", "build:lock"}).find("waiter  ") != std::string::npos; }));
  const auto shown = cluster.object({"show", "build:lock"});
  CHECK(shown.find("holder  ") != std::string::npos);
  CHECK(shown.find("pid " + std::to_string(*holder.pid())) != std::string::npos);
  CHECK(cluster.object({"ls", "build:"}).find("build:lock") != std::string::npos);
  CHECK(cluster.object({"ls", "other:"}).find("build:lock") == std::string::npos);
  CHECK(cluster.object({"ls", "-o", "jsonl"}).find("\"kind\":\"lock\"") != std::string::npos);
  CHECK(cluster.object({"release", "build:lock"}).find("1 holder") != std::string::npos);
  CHECK(waiting.get_for(60s));
  cluster.object({"rm", "build:lock"}, 2);
  cluster.object({"rm", "--yes", "build:lock"});
  CHECK(cluster.object({"ls"}).find("build:lock") == std::string::npos);
  cluster.object({"show", "build:lock"}, 4);
  holder.kill();
  holder.join();
}

TEST_CASE(
    "units of a semaphore that were taken from their holder do not come back a second time when it releases them") {
  Holders cluster;
  Semaphore mine{"slots", 2, cluster.client()};
  mine.acquire();
  mine.acquire();
  Semaphore same{"slots", 2, cluster.client()};
  CHECK(cluster.object({"release", "slots"}).find("1 holder") != std::string::npos);
  CHECK(mine.value() == 2);
  SUBCASE("one at a time") {
    CHECK_THROWS_AS(mine.release(), LeaseLost);
    CHECK_THROWS_AS(same.release(), LeaseLost);  // another handle may release what this one acquires
  }
  SUBCASE("both at once") { CHECK_THROWS_AS(mine.release(2), LeaseLost); }
  CHECK(mine.value() == 2);
  mine.release();  // now it is one more than there was
  CHECK(mine.value() == 3);
}

TEST_CASE("units of a kept semaphore stay when their holder's process ends, and come back when it is killed") {
  Holders cluster;
  for (const bool kept : {true, false}) {
    CAPTURE(kept);
    const std::string name = kept ? "kept" : "plain";
    const ObjectOptions options{cluster.client()};
    Semaphore semaphore{name, 2, kept ? options.kept() : options};
    const auto held = [&] { return cluster.object({"show", name}).find("holder  ") != std::string::npos; };
    auto ends = cluster.process(kAcquireUnit, name, "", false);
    ends.start();
    ends.join();
    REQUIRE(eventually([&] { return !held(); }));
    CHECK(semaphore.value() == (kept ? 1 : 2));
    if (kept) semaphore.release();
    auto stays = cluster.process(kAcquireUnit, name, cluster.path(name), true);
    stays.start();
    REQUIRE(eventually([&] { return cluster.has(name); }));
    CHECK(semaphore.value() == 1);
    stays.kill();
    stays.join();
    CHECK(eventually([&] { return semaphore.value() == 2; }));
  }
}

}  // namespace holder_test
