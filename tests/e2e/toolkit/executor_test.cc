// ProcessPoolExecutor, with local://: futures of its own processes.
#include <doctest/doctest.h>
#include <forkmill/as_completed.h>
#include <forkmill/default_client.h>
#include <forkmill/process_pool_executor.h>
#include <forkmill/when.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/e2e/worker/cluster.h"
#include "tests/folder.h"

namespace executor_test {

using namespace forkmill;
using namespace std::chrono_literals;
using tests::eventually;
using tests::Folder;

TEST_CASE("an executor gives a future for each call") {
  ProcessPoolExecutor executor{{.max_workers = 2}};
  Future<int> square = executor.submit(kSquare, 7);
  CHECK(square.get_for(60s) == 49);
  CHECK(executor.submit(kSquare, 3).then([](int n) { return n + 1; }).get_for(60s) == 10);
  std::vector<Future<int>> sums;
  for (int n = 0; n < 100; ++n) sums.push_back(executor.submit(kAdd, n, 1));
  int total = 0;
  for (auto& sum : as_completed(std::move(sums))) total += sum.get();
  CHECK(total == 5050);
  auto bad = executor.submit(kPositive, -1);
  CHECK_THROWS_AS(bad.get_for(60s), RemoteError);
}

TEST_CASE("the tasks of an executor run in as many processes as it has, and start in order") {
  const Folder folder;
  ProcessPoolExecutor executor{{.max_workers = 2}};
  // Both wait for each other, so they run at once; a third one would not meet them.
  auto one = executor.submit(kMeet, folder.path("a"), folder.path("b"));
  auto two = executor.submit(kMeet, folder.path("b"), folder.path("a"));
  std::set<int> pids{one.get_for(60s), two.get_for(60s)};
  for (int i = 0; i < 20; ++i) pids.insert(executor.submit(kPid, i).get_for(60s));
  CHECK(pids.size() == 2);
}

TEST_CASE("map of an executor gives results in order, and Timeout when they come too late") {
  const Folder folder;
  ProcessPoolExecutor executor{{.max_workers = 2}};
  int next = 0;
  for (const int square : executor.map(kSquare, std::views::iota(0, 50))) {
    CHECK(square == next * next);
    ++next;
  }
  CHECK(next == 50);
  auto late = executor.map(kAwait, std::vector<std::string>{folder.path("never")}, 50ms);
  CHECK_THROWS_AS(late.next(), Timeout);
  folder.touch("never");
}

TEST_CASE("the destructor of an executor waits for its futures") {
  const Folder folder;
  Future<int> later = [&] {
    ProcessPoolExecutor executor{{.max_workers = 1}};
    auto future = executor.submit(kAwait, folder.path("go"));
    folder.touch("go");
    return future;
  }();
  CHECK(later.ready());
  CHECK(later.get() > 0);
}

TEST_CASE("an executor takes no calls after shutdown") {
  ProcessPoolExecutor executor{{.max_workers = 1}};
  auto before = executor.submit(kSquare, 2);
  executor.shutdown();
  CHECK(before.ready());
  CHECK(before.get() == 4);
  CHECK_THROWS_AS(executor.submit(kSquare, 2), Error);
  CHECK_THROWS_AS(executor.map(kSquare, {1, 2}), Error);
  executor.shutdown();
}

TEST_CASE("shutdown of an executor cancels the futures that have not started, and no others") {
  const Folder folder;
  ProcessPoolExecutor executor{{.max_workers = 2}};
  auto running = executor.submit(kMeet, folder.path("up"), folder.path("go"));
  REQUIRE(eventually([&] { return folder.has("up"); }));
  std::vector<Future<int>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(executor.submit(kAwait, folder.path("go")));
  executor.shutdown(false, true);
  folder.touch("go");
  executor.shutdown();
  CHECK(running.get() > 0);
  int cancelled = 0;
  for (auto& future : waiting) {
    REQUIRE(future.ready());
    try {
      future.get();
    } catch (const Cancelled&) {
      ++cancelled;
    }
  }
  CHECK(cancelled > 40);  // all but those that were about to start
  CHECK(cancelled < 50);
}

TEST_CASE("a map of an executor ends when its results are dropped, or by a shutdown that cancels") {
  const Folder folder;
  ProcessPoolExecutor executor{{.max_workers = 2}};
  SUBCASE("a loop over an endless range is left") {
    int count = 0;
    for (const int square : executor.map(kSquare, std::views::iota(0))) {
      CHECK(square == count * count);
      if (++count == 200) break;
    }
  }
  SUBCASE("a loop over a long list is left: calls that have not started are cancelled") {
    const std::vector<std::string> notes(1000, folder.path("notes"));
    {
      auto results = executor.map(kNote, notes);
      CHECK(results.next());
    }
    executor.shutdown();
    std::ifstream file{folder.path("notes")};
    CHECK(std::count(std::istreambuf_iterator<char>{file}, {}, '\n') < 1000);
  }
  SUBCASE("the results of an endless range are kept") {
    auto results = executor.map(kSquare, std::views::iota(0));
    CHECK(results.next() == 0);
    executor.shutdown(true, true);
    CHECK_THROWS_AS(while (results.next()){}, Cancelled);
    CHECK_FALSE(results.next());
  }
  SUBCASE("another thread cancels while shutdown waits") {
    auto results = executor.map(kSquare, std::views::iota(0));
    CHECK(results.next() == 0);
    std::jthread waits{[&] { executor.shutdown(); }};
    executor.shutdown(false, true);
  }
  executor.shutdown();
}

TEST_CASE("cancel() of a future of an executor that waits ends it at once") {
  const Folder folder;
  ProcessPoolExecutor executor{{.max_workers = 1}};
  auto running = executor.submit(kAwait, folder.path("go"));
  std::vector<Future<int>> waiting;
  for (int i = 0; i < 5; ++i) waiting.push_back(executor.submit(kSquare, i));
  waiting.back().cancel();
  CHECK_THROWS_AS(waiting.back().get_for(60s), Cancelled);
  folder.touch("go");
  CHECK(running.get_for(60s) > 0);
  CHECK(waiting[0].get_for(60s) == 0);
}

TEST_CASE("a task of an executor that was cancelled before it started does not run") {
  const Folder folder;
  constexpr int kTasks = 2000;
  std::vector<Future<int>> futures;
  std::set<int> cancelled;
  {
    ProcessPoolExecutor executor{{.max_workers = 2}};
    for (int i = 0; i < kTasks; ++i) futures.push_back(executor.submit(kMark, folder.path("ran"), i));
    // Meets the tasks that are being sent again and again: these start one after the other meanwhile.
    for (int i = 0; i < kTasks; ++i)
      if (futures[i].cancel().get_for(60s) == CancelState::cancelled) cancelled.insert(i);
  }
  CHECK_FALSE(cancelled.empty());
  std::ifstream ran{folder.path("ran")};
  for (int number = 0; ran >> number;) CHECK_FALSE(cancelled.contains(number));
}

TEST_CASE("a lost process costs an executor one task, and a failed initializer all") {
  ProcessPoolExecutor executor{{.max_workers = 1}};
  auto lost = executor.submit(kRaise, SIGKILL);
  CHECK_THROWS_AS(lost.get_for(60s), WorkerLost);
  CHECK(executor.submit(kSquare, 5).get_for(60s) == 25);
  ProcessPoolExecutor broken{{.max_workers = 1, .initializer = {kFailToStart}}};
  auto future = broken.submit(kSquare, 5);
  try {
    future.get_for(60s);
    FAIL("no error");
  } catch (const RemoteError& error) {
    CHECK(error.message() == "no such database");
  }
}

TEST_CASE("the processes of an executor are replaced after max_tasks_per_child tasks") {
  ProcessPoolExecutor executor{{.max_workers = 1, .initializer = {kStart, "/dev/null", 7}, .max_tasks_per_child = 1}};
  const int first = executor.submit(kPid, 0).get_for(60s);
  CHECK(executor.submit(kPid, 0).get_for(60s) != first);
  CHECK(executor.submit(kStarted, 0).get_for(60s) == 7);
}

TEST_CASE("an executor refuses sizes that make no sense") {
  CHECK_THROWS_AS((ProcessPoolExecutor{{.max_workers = 0}}), std::invalid_argument);
  CHECK_THROWS_AS((ProcessPoolExecutor{{.max_tasks_per_child = 0}}), std::invalid_argument);
}

}  // namespace executor_test
