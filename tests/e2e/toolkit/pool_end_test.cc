// The end of a pool: its initializers, and the processes that its functions have started; with local://.
#include <doctest/doctest.h>
#include <forkmill/default_client.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <signal.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/folder.h"

namespace pool_end_test {

using namespace forkmill;
using namespace std::chrono_literals;
using tests::eventually;
using tests::Folder;

TEST_CASE("a pool that is joined at once has run its initializer to the end in each process") {
  for (int round = 0; round < 3; ++round) {
    const Folder folder;
    Pool pool{{.processes = 3, .initializer = {kStartSlowly, folder.path("")}}};
    pool.close();
    auto joined = std::async(std::launch::async, [&] { pool.join(); });
    REQUIRE(eventually([&] { return folder.files() == 3; }));  // each process is in the middle of it
    CHECK(joined.wait_for(0s) == std::future_status::timeout);
    folder.touch("go on");
    joined.get();
    CHECK(folder.files() == 3 + 1 + 3);
  }
}

TEST_CASE("terminate does not wait for initializers") {
  const Folder folder;
  Pool pool{{.processes = 2, .initializer = {kNeverStart}}};
  pool.terminate();
  CHECK_THROWS_AS(pool.apply(kSquare, 2), Error);
}

TEST_CASE("a process that a function of a pool has started is a daemon, and ends with the pool") {
  for (const std::string how : {"terminate", "join", "kill", "replaced"}) {
    CAPTURE(how);
    PoolOptions options{.processes = 1};
    if (how == "replaced") options.max_tasks_per_child = 1;
    Pool pool{std::move(options)};
    const auto [process, child] = pool.apply(kStartProcess, true);
    if (how != "replaced") CHECK(tests::exists(child));
    if (how == "terminate") pool.terminate();
    if (how == "kill") ::kill(process, SIGKILL);
    if (how == "join") {
      pool.close();
      pool.join();
    }
    CHECK(eventually([&, pid = child] { return !tests::exists(pid); }));
  }
}

TEST_CASE("a function of a pool may not start a process that outlives it") {
  Pool pool{{.processes = 1}};
  CHECK_THROWS_WITH_AS(pool.apply(kStartProcess, false), doctest::Contains("may only start daemons"), RemoteError);
}

TEST_CASE("join in a callback of the pool is refused, and later succeeds outside") {
  Pool pool{{.processes = 1}};
  std::atomic<Errc> code{Errc::ok};
  const auto result = pool.apply_async(kSquare, {2}, [&](int) {
    pool.close();
    try {
      pool.join();
    } catch (const Error& error) {
      code = error.code();
    }
  });
  CHECK(result.get(60s) == 4);
  CHECK(code == Errc::bad_request);
  pool.join();
}

TEST_CASE("a callback may make calls, and terminate or destroy its pool") {
  for (const bool destroys : {false, true}) {
    CAPTURE(destroys);
    auto pool = std::make_unique<Pool>(PoolOptions{.processes = 1});
    std::promise<int> sum;
    const auto result = pool->apply_async(kSquare, {2}, [&](int four) {
      sum.set_value(four + pool->apply(kSquare, 3));
      destroys ? pool.reset() : pool->terminate();
    });
    CHECK(result.get(60s) == 4);
    CHECK(sum.get_future().get() == 13);
    CHECK((pool == nullptr) == destroys);
  }
}

TEST_CASE("a function of a pool may make a pool") {
  Pool pool{{.processes = 1}};
  CHECK(pool.apply(kSquareInPool, 7) == 49);
}

TEST_CASE("a process of a pool knows its parent") {
  CHECK_FALSE(parent_process());
  Pool pool{{.processes = 1}};
  CHECK(pool.apply(kParentPid) == static_cast<int>(::getpid()));
}

// NOLINTBEGIN(bugprone-use-after-move): what is tested
TEST_CASE("moved-from handles of a pool and of a process throw std::logic_error") {
  Pool pool{{.processes = 1}};
  auto result = pool.apply_async(kSquare, 3);
  const auto moved_result = std::move(result);
  CHECK_THROWS_AS(result.get(), std::logic_error);
  CHECK_THROWS_AS(result.get(1s), std::logic_error);
  CHECK_THROWS_AS(result.wait(), std::logic_error);
  CHECK_THROWS_AS(result.ready(), std::logic_error);
  CHECK_THROWS_AS(result.successful(), std::logic_error);
  auto results = pool.imap(kSquare, {3});
  const auto moved_results = std::move(results);
  CHECK_THROWS_AS(results.next(), std::logic_error);
  CHECK_THROWS_AS(results.begin(), std::logic_error);
  Process process{kSquare, 3};
  const auto moved_process = std::move(process);
  CHECK_THROWS_AS(process.start(), std::logic_error);
  CHECK_THROWS_AS(process.join(), std::logic_error);
  CHECK_THROWS_AS(process.join(0ms), std::logic_error);
  CHECK_THROWS_AS(process.is_alive(), std::logic_error);
  CHECK_THROWS_AS(process.terminate(), std::logic_error);
  CHECK_THROWS_AS(process.exitcode(), std::logic_error);
  CHECK_THROWS_AS(process.get(), std::logic_error);
  CHECK_THROWS_AS(process.error(), std::logic_error);
  CHECK_THROWS_AS(process.error_text(), std::logic_error);
  CHECK_THROWS_AS(process.pid(), std::logic_error);
  CHECK_THROWS_AS(process.host(), std::logic_error);
  CHECK_THROWS_AS(process.ppid(), std::logic_error);
  CHECK_THROWS_AS(process.id(), std::logic_error);
  CHECK_THROWS_AS(process.name(), std::logic_error);
  CHECK_THROWS_AS(process.set_name("a"), std::logic_error);
  CHECK_THROWS_AS(process.daemon(), std::logic_error);
  CHECK_THROWS_AS(process.set_daemon(true), std::logic_error);
  CHECK_THROWS_AS(process.state(), std::logic_error);
  CHECK_THROWS_AS(process.sentinel(), std::logic_error);
  CHECK_THROWS_AS(process.on_exit([] {}), std::logic_error);
  CHECK_THROWS_AS(process.close(), std::logic_error);
  auto submitter = default_client().with({});
  const auto moved_submitter = std::move(submitter);
  CHECK_THROWS_AS(submitter.submit(kSquare, 3), std::logic_error);
}
// NOLINTEND(bugprone-use-after-move)

TEST_CASE("join takes any duration") {
  Process process{kSquare, 3};
  process.start();
  CHECK(process.join(std::chrono::hours::max()));
  CHECK(process.join(std::chrono::nanoseconds::max()));
  CHECK(process.join(std::chrono::duration<double>{0.5}));
  CHECK(process.join(-1s));
}

TEST_CASE("objects without a name among the arguments of a process live as long as it does") {
  Process process{kUseObjects, Queue<int>{}, std::vector<Lock>(2)};
  process.start();
  CHECK_NOTHROW(process.get());
}

}  // namespace pool_end_test
