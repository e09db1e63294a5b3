// Pool and AsyncResult on local://, line by line of what people expect who know multiprocessing.Pool.
#include <doctest/doctest.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <forkmill/wait_ready.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <latch>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <thread>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/eventually.h"
#include "tests/folder.h"

namespace pool_test {

using namespace forkmill;
using namespace std::chrono_literals;
using forkmill::tests::eventually;
using forkmill::tests::Folder;

namespace {

std::vector<int> numbers_in(const std::string& path) {
  std::ifstream file{path};
  return {std::istream_iterator<int>{file}, {}};
}

std::vector<int> squares(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i * i);
  return all;
}

template <class F>
std::string text_of(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

template <class F>
Errc code_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return Errc::ok;
}

bool gone(int pid) { return ::kill(pid, 0) != 0; }

// Counts to `most`, and then throws.
auto breaking_range(int most) {
  return std::views::iota(0, 100) | std::views::transform([most](int n) {
           if (n == most) throw std::domain_error{"the range breaks"};
           return n;
         });
}

}  // namespace

TEST_CASE("invalid pool sizes are refused") {
  CHECK_THROWS_AS(Pool{PoolOptions{.processes = 0}}, std::invalid_argument);
  CHECK_THROWS_AS(Pool{PoolOptions{.processes = -1}}, std::invalid_argument);
  CHECK_THROWS_AS(Pool{PoolOptions{.processes = 4097}}, std::invalid_argument);
  CHECK_THROWS_AS((Pool{PoolOptions{.processes = 1, .max_tasks_per_child = 0}}), std::invalid_argument);
  CHECK_THROWS_AS((Pool{PoolOptions{.processes = 1, .max_tasks_per_child = -1}}), std::invalid_argument);
  Pool pool{{.processes = 1}};
  CHECK_THROWS_AS(pool.map(kSquare, squares(3), 0), std::invalid_argument);
  CHECK_THROWS_AS(pool.map(kSquare, squares(3), -1), std::invalid_argument);
  CHECK_THROWS_AS(pool.imap(kSquare, squares(3), 0), std::invalid_argument);
  CHECK_THROWS_AS(pool.imap_unordered(kSquare, squares(3), -2), std::invalid_argument);
  CHECK(pool.map(kSquare, std::views::iota(0, 3), 2) == squares(3));
}

TEST_CASE("the default pool size is the number of CPUs") {
  Pool pool;
  CHECK(pool.processes() == cpu_count());
  CHECK(pool.apply(kAdd, 2, 3) == 5);
}

TEST_CASE("apply returns the value, or throws the function's error with type, message and backtrace") {
  Pool pool{{.processes = 2}};
  CHECK(pool.apply(kAdd, 2, 3) == 5);
  try {
    pool.apply(kPositive, -4);
    FAIL("it threw nothing");
  } catch (const RemoteError& error) {
    CHECK(error.type() == "std::out_of_range");
    CHECK(error.message() == "below zero: -4");
    CHECK_FALSE(error.backtrace().empty());
  }
  CHECK(pool.apply(kWithContext) == 1);
}

TEST_CASE("an unregistered function is an error, not a wait") {
  Pool pool{{.processes = 1}};
  CHECK(code_of([&] { pool.apply(kNobody, 1); }) == Errc::unknown_task);
  constexpr Task<std::string(std::string)> kOther{"pool.square"};
  CHECK(code_of([&] { pool.apply(kOther, "x"); }) == Errc::signature_mismatch);
}

TEST_CASE("AsyncResult has wait, ready, successful and get with a timeout") {
  Folder folder;
  Pool pool{{.processes = 2}};
  const auto result = pool.apply_async(kAwait, folder.path("go"));
  CHECK_FALSE(result.ready());
  CHECK(code_of([&] { result.successful(); }) == Errc::bad_request);
  CHECK(code_of([&] { result.get(0ms); }) == Errc::timeout);
  CHECK(code_of([&] { result.get(-1ms); }) == Errc::timeout);
  CHECK_THROWS_AS(result.get(20ms), Timeout);
  result.wait(0ms);
  result.wait(5ms);
  CHECK_FALSE(result.ready());
  folder.touch("go");
  result.wait();
  CHECK(result.ready());
  CHECK(result.successful());
  CHECK(result.get(0ms) == result.get());
  const auto failed = pool.apply_async(kPositive, -1);
  failed.wait(60s);
  CHECK_FALSE(failed.successful());
  CHECK_THROWS_AS(failed.get(), RemoteError);
  CHECK_THROWS_AS(failed.get(), RemoteError);
}

TEST_CASE("exactly one callback runs, before get() returns") {
  Pool pool{{.processes = 2}};
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> values{0};
    std::atomic<int> errors{0};
    const auto good = pool.apply_async(
        kSquare, {round}, [&](int) { ++values; }, [&](const Error&) { ++errors; });
    CHECK(good.get() == round * round);
    CHECK((values == 1 && errors == 0));
    const auto bad = pool.apply_async(
        kPositive, {-1}, [&](int) { ++values; },
        [&](const Error& error) { errors += error.code() == Errc::handler_error; });
    CHECK_THROWS_AS(bad.get(), RemoteError);
    CHECK((values == 1 && errors == 1));
  }
}

TEST_CASE("the callback of map gets the whole list once") {
  Pool pool{{.processes = 2}};
  std::vector<std::vector<int>> lists;
  pool.map_async(kSquare, std::views::iota(0, 100), 7, [&](const std::vector<int>& list) { lists.push_back(list); })
      .wait();
  REQUIRE(lists.size() == 1);
  CHECK(lists.front() == squares(100));
}

TEST_CASE("a callback that throws is reported and hangs nothing") {
  Pool pool{{.processes = 1}};
  const auto first = pool.apply_async(kSquare, {2}, [](int) { throw std::runtime_error{"meant to"}; });
  CHECK(first.get(60s) == 4);
  const auto second = pool.apply_async(kPositive, {-2}, {}, [](const Error&) { throw std::runtime_error{"meant to"}; });
  CHECK_THROWS_AS(second.get(60s), RemoteError);
  CHECK(pool.apply_async(kSquare, {3}, [](int) {}).get(60s) == 9);
  pool.close();
  pool.join();
}

TEST_CASE("a callback that waits for its own result gets an error") {
  Pool pool{{.processes = 1}};
  std::atomic<Errc> code{Errc::ok};
  std::optional<AsyncResult<int>> own;
  std::latch known{1};
  own = pool.apply_async(kSquare, {2}, [&](int) {
    known.wait();
    code = code_of([&] { own->get(); });
  });
  known.count_down();
  own->wait();
  CHECK(code == Errc::bad_request);
}

TEST_CASE("a callback is destroyed after its call") {
  Pool pool{{.processes = 1}};
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  const auto result = pool.apply_async(kSquare, {2}, [held = std::move(held)](int) {});
  CHECK(result.get() == 4);
  CHECK(watch.expired());
}

TEST_CASE("map keeps order, for every chunk size and for an empty range") {
  Pool pool{{.processes = 2}};
  CHECK(pool.map(kSquare, std::vector<int>{}).empty());
  CHECK(pool.map_async(kSquare, std::vector<int>{}).get(60s).empty());
  for (const auto size : {ChunkSize{}, ChunkSize{1}, ChunkSize{3}, ChunkSize{1000}})
    CHECK(pool.map(kSquare, std::views::iota(0, 250), size) == squares(250));
  CHECK(pool.map(kSquare, std::views::iota(0, 20'000)) == squares(20'000));
  const std::vector<std::pair<int, int>> pairs{{1, 2}, {3, 4}, {5, 6}};
  CHECK(pool.starmap(kAdd, pairs) == std::vector{3, 7, 11});
  CHECK(pool.starmap_async(kAdd, pairs, 2).get() == std::vector{3, 7, 11});
}

TEST_CASE(
    "map_reduce merges the results of a chunk in its process, and those of all chunks in the order of the items") {
  Pool pool{{.processes = 2}};
  const auto join = [](std::vector<int>& all, const std::vector<int>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  for (const ChunkSize chunk_size : {ChunkSize{}, ChunkSize{1}, ChunkSize{3}, ChunkSize{1000}})
    CHECK(pool.map_reduce(kSquares, join, std::views::iota(0, 100), chunk_size) == squares(100));
  CHECK(pool.map_reduce(kSquares, join, std::vector<int>{}).empty());
  CHECK(pool.map_reduce(kSquares, join, std::vector{3}) == std::vector{9});
}

TEST_CASE("map_reduce throws the first error, also that of a function without a merge function") {
  Pool pool{{.processes = 2}};
  const auto add = [](int& sum, int more) { sum += more; };
  CHECK_THROWS_AS(pool.map_reduce(kTotal, add, std::vector{1, -1, 2}, 1), RemoteError);
  CHECK(text_of([&] {
          pool.map_reduce(kSquare, add, std::vector{1, 2});
        }).find("without a merge function") != std::string::npos);
  CHECK_THROWS_AS(pool.map_reduce(kTotal, add, std::vector{1}, 0), std::invalid_argument);
  CHECK(pool.map_reduce(kTotal, add, std::vector{1, 2, 3}, 2) == 6);
}

TEST_CASE("map runs void functions") {
  Folder folder;
  Pool pool{{.processes = 2}};
  pool.map(kNote, std::vector<std::string>(10, folder.path("notes")));
  CHECK(numbers_in(folder.path("notes")).size() == 10);
}

TEST_CASE("map waits for all chunks, then throws the first error") {
  Folder folder;
  Pool pool{{.processes = 2}};
  folder.touch("now");
  const std::vector items{std::pair{folder.path("now"), -1}, std::pair{folder.path("later"), 2}};
  const auto result = pool.map_async(kAfter, items, 1);
  CHECK_THROWS_AS(result.get(50ms), Timeout);
  folder.touch("later");
  CHECK(text_of([&] { result.get(60s); }).find("below zero: -1") != std::string::npos);
  const std::vector<int> mixed{1, 2, -3, 4, -5};
  CHECK(text_of([&] { pool.map(kPositive, mixed, 1); }).find("below zero: -3") != std::string::npos);
  CHECK(text_of([&] { pool.map(kPositive, mixed); }).find("below zero: -3") != std::string::npos);
}

TEST_CASE("an exception of the range passes through, and nothing hangs") {
  Pool pool{{.processes = 2}};
  CHECK_THROWS_AS(pool.map(kSquare, breaking_range(3)), std::domain_error);
  CHECK_THROWS_AS(pool.map_async(kSquare, breaking_range(3)), std::domain_error);
  for (const bool ordered : {true, false}) {
    auto results = ordered ? pool.imap(kSquare, breaking_range(3)) : pool.imap_unordered(kSquare, breaking_range(3));
    std::multiset<int> values;
    for (int i = 0; i < 3; ++i) values.insert(*results.next(60s));
    CHECK(values == std::multiset{0, 1, 4});
    CHECK_THROWS_AS(results.next(60s), std::domain_error);
    CHECK_FALSE(results.next(60s));
  }
  CHECK(pool.apply(kSquare, 5) == 25);
}

TEST_CASE("imap keeps order, throws an error at its position and continues") {
  Pool pool{{.processes = 2}};
  std::vector<int> all;
  for (const int square : pool.imap(kSquare, std::views::iota(0, 500))) all.push_back(square);
  CHECK(all == squares(500));
  all.clear();
  for (const int square : pool.imap(kSquare, std::views::iota(0, 500), 64)) all.push_back(square);
  CHECK(all == squares(500));
  for (const int chunk : {1, 2, 100}) {
    auto results = pool.imap(kPositive, std::vector{1, -2, 3}, chunk);
    CHECK(results.next() == 1);
    try {
      results.next();
      FAIL("it threw nothing");
    } catch (const RemoteError& error) {
      CHECK(error.type() == "std::out_of_range");
      CHECK(error.message() == "below zero: -2");
    }
    CHECK(results.next() == 3);
    CHECK_FALSE(results.next());
    CHECK_FALSE(results.next());
  }
}

TEST_CASE("imap's next() can time out") {
  Folder folder;
  Pool pool{{.processes = 1}};
  auto results = pool.imap(kAwait, std::vector{folder.path("go")});
  CHECK_THROWS_AS(results.next(0ms), Timeout);
  CHECK_THROWS_AS(results.next(10ms), Timeout);
  folder.touch("go");
  CHECK(results.next(60s));
  CHECK_FALSE(results.next(0ms));
}

TEST_CASE("imap_unordered gives the same results in the order of completion") {
  Folder folder;
  Pool pool{{.processes = 2}};
  std::multiset<int> all;
  for (const int square : pool.imap_unordered(kSquare, std::views::iota(0, 300), 5)) all.insert(square);
  const auto expected = squares(300);
  CHECK(all == std::multiset<int>(expected.begin(), expected.end()));
  folder.touch("now");
  auto results =
      pool.imap_unordered(kAfter, std::vector{std::pair{folder.path("later"), 1}, std::pair{folder.path("now"), 2}});
  CHECK(results.next() == 2);
  folder.touch("later");
  CHECK(results.next() == 1);
}

TEST_CASE("the initializer runs in every child before its first task") {
  Folder folder;
  Pool pool{{.processes = 2, .initializer = {kStart, folder.path("started"), 42}, .max_tasks_per_child = 1}};
  CHECK(pool.map(kStarted, std::vector<int>(6), 1) == std::vector<int>(6, 42));
  const auto pids = numbers_in(folder.path("started"));
  CHECK(pids.size() >= 6);
  CHECK(std::set<int>(pids.begin(), pids.end()).size() == pids.size());
}

TEST_CASE("a failing initializer is the pool's error, and no child respawns forever") {
  Pool pool{{.processes = 2, .initializer = {kFailToStart}}};
  std::atomic<int> errors{0};
  const auto first = pool.apply_async(kSquare, {1}, {}, [&](const Error&) { ++errors; });
  try {
    first.get(60s);
    FAIL("it threw nothing");
  } catch (const RemoteError& error) {
    CHECK(error.type() == "std::invalid_argument");
    CHECK(error.message() == "no such database");
  }
  CHECK(errors == 1);
  CHECK_THROWS_AS(pool.apply(kSquare, 2), RemoteError);
  CHECK_THROWS_AS(pool.map(kSquare, squares(5)), RemoteError);
  CHECK_THROWS_AS(pool.imap(kSquare, squares(5)).next(), RemoteError);
  pool.close();
  pool.join();
  Pool dying{{.processes = 1, .initializer = {kDieAtStart}}};
  CHECK(text_of([&] { dying.apply(kSquare, 1); }).find("signal 9") != std::string::npos);
}

TEST_CASE("max_tasks_per_child replaces children") {
  Pool pool{{.processes = 1, .max_tasks_per_child = 2}};
  const auto pids = pool.map(kPid, std::vector<int>(6), 1);
  CHECK(std::set<int>(pids.begin(), pids.end()).size() == 3);
}

TEST_CASE("a result that cannot be packed or is too large is an error, and the process survives") {
  Pool pool{{.processes = 1}};
  const int pid = pool.apply(kPid, 0);
  std::string told;
  const auto rebel = pool.apply_async(
      kRebel, {}, [](const Rebellious&) {}, [&](const Error& error) { told = error.what(); });
  CHECK_THROWS_AS(rebel.get(), RemoteError);
  CHECK(told.find("this cannot be packed") != std::string::npos);
  Errc code = Errc::ok;
  const auto large =
      pool.apply_async(kLarge, {std::int64_t{80} * 1024 * 1024}, {}, [&](const Error& error) { code = error.code(); });
  CHECK(code_of([&] { large.get(); }) == Errc::result_too_large);
  CHECK(code == Errc::result_too_large);
  CHECK(pool.apply(kLarge, 100) == std::string(100, 'x'));
  CHECK(pool.apply(kPid, 0) == pid);
}

TEST_CASE("a process that is killed or exits costs the task that it ran, and is replaced") {
  Pool pool{{.processes = 2}};
  CHECK_THROWS_AS(pool.apply(kLeave, 3), WorkerLost);
  CHECK_THROWS_AS(pool.apply(kRaise, SIGSEGV), WorkerLost);
  Folder folder;
  const auto held = pool.apply_async(kMeet, folder.path("up"), folder.path("never"));
  REQUIRE(eventually([&] { return std::filesystem::exists(folder.path("up")); }));
  std::set<int> pids;
  REQUIRE(eventually([&] {
    for (const int pid : pool.map(kPid, std::vector<int>(8), 1)) pids.insert(pid);
    return !pids.empty();
  }));
  std::string errors;
  const auto dying = pool.apply_async(kRaise, {SIGKILL}, {}, [&](const Error& error) { errors += error.what(); });
  CHECK_THROWS_AS(dying.get(60s), WorkerLost);
  CHECK_FALSE(errors.empty());
  folder.touch("never");
  CHECK(held.get(60s) > 0);
  // Both places are taken again: two that wait for each other.
  const auto one = pool.apply_async(kMeet, folder.path("a"), folder.path("b"));
  const auto other = pool.apply_async(kMeet, folder.path("b"), folder.path("a"));
  CHECK(one.get(60s) != other.get(60s));
}

TEST_CASE("a pool's functions share a manager's objects with the caller") {
  Manager manager;
  const auto sums = manager.dict<std::string, int>();
  std::vector<std::tuple<Dict<std::string, int>, int>> calls;
  for (int n = 1; n <= 100; ++n) calls.emplace_back(sums, n);
  Pool pool{{.processes = 2}};
  pool.starmap(kCount, calls);
  CHECK(sums.at("sum") == 5050);
}

TEST_CASE("after close() a pool takes no more tasks, and join() waits for all") {
  Pool pool{{.processes = 2, .max_tasks_per_child = 1}};
  CHECK(code_of([&] { pool.join(); }) == Errc::bad_request);
  const auto pids = pool.map_async(kPid, std::vector<int>(30), 1);
  const auto late = pool.apply_async(kAdd, 1, 1);
  pool.close();
  pool.close();
  CHECK(code_of([&] { pool.apply(kAdd, 1, 1); }) == Errc::object_closed);
  CHECK(code_of([&] { pool.map(kSquare, squares(3)); }) == Errc::object_closed);
  CHECK(code_of([&] { pool.imap(kSquare, squares(3)); }) == Errc::object_closed);
  pool.join();
  CHECK(late.get(0ms) == 2);
  const auto all = pids.get(0ms);
  CHECK(std::set<int>(all.begin(), all.end()).size() == 30);
  for (const int pid : all) CHECK(gone(pid));
  pool.join();
}

TEST_CASE("a lock that a process of a pool holds is free when the pool has ended, in order or not") {
  Lock lock{"kept-by-a-process"};
  const auto guard_against_the_session_timeout = 5s;
  {
    Pool pool{{.processes = 2}};
    pool.apply(kKeepLock, lock.name());
    CHECK_FALSE(lock.try_acquire());
    SUBCASE("close and join") {
      pool.close();
      pool.join();
    }
    SUBCASE("terminate") { pool.terminate(); }
    SUBCASE("its destructor") {}
  }
  CHECK(lock.acquire(guard_against_the_session_timeout));
  lock.remove();
}

TEST_CASE("terminate returns promptly and ends outstanding results with Cancelled") {
  Folder folder;
  Pool pool{{.processes = 2}};
  const int pid = pool.apply(kPid, 0);
  std::vector<AsyncResult<int>> results;
  for (int i = 0; i < 10'000; ++i) results.push_back(pool.apply_async(kAwait, folder.path("never")));
  auto stream = pool.imap(kAwait, std::vector{folder.path("never"), folder.path("never")});
  std::atomic<int> errors{0};
  const auto told = pool.apply_async(kAwait, {folder.path("never")}, {}, [&](const Error&) { ++errors; });
  std::jthread waits{[&] { CHECK_THROWS_AS(results.back().get(), Cancelled); }};
  const auto begin = std::chrono::steady_clock::now();
  pool.terminate();
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  for (const auto& result : results) CHECK_THROWS_AS(result.get(0ms), Cancelled);
  CHECK_THROWS_AS(told.get(), Cancelled);
  CHECK(errors == 1);
  CHECK_THROWS_AS(stream.next(), Cancelled);
  CHECK_FALSE(stream.next());
  CHECK(code_of([&] { pool.apply(kAdd, 1, 1); }) == Errc::object_closed);
  CHECK(eventually([&] { return gone(pid); }));
  pool.terminate();
  pool.join();
}

TEST_CASE("a pool's destructor terminates it") {
  Folder folder;
  std::optional<AsyncResult<int>> result;
  int pid = 0;
  {
    Pool pool{{.processes = 1}};
    pid = pool.apply(kPid, 0);
    result = pool.apply_async(kAwait, folder.path("never"));
  }
  CHECK_THROWS_AS(result->get(), Cancelled);
  CHECK(eventually([&] { return gone(pid); }));
}

TEST_CASE("results can be waited for, chained and combined as futures are") {
  Pool pool{{.processes = 2}};
  std::vector<AsyncResult<int>> results;
  for (int i = 1; i <= 4; ++i) results.push_back(pool.apply_async(kSquare, i));
  std::multiset<int> seen;
  for (auto& done : as_completed(results, 60s)) seen.insert(done.get());
  CHECK(seen == std::multiset{1, 4, 9, 16});
  CHECK(wait(results).done.size() == 4);
  CHECK(when_all(results).get() == std::vector{1, 4, 9, 16});
  CHECK(wait({results[0], results[3]}) == std::vector<std::size_t>{0, 1});

  auto text = pool.apply_async(kAdd, 1, 2).then([](int sum) { return std::to_string(sum); });
  CHECK(text.get() == "3");
  auto made_up = pool.apply_async(kPositive, -1).on_error([](const RemoteError&) { return -1; });
  CHECK(made_up.get() == -1);
  std::atomic<bool> after{false};
  CHECK(pool.map_async(kSquare, std::vector{1, 2}).finally([&] { after = true; }).get() == std::vector{1, 4});
  CHECK(after);
  CHECK_THROWS_AS(pool.apply_async(kPositive, -1).future().get(), RemoteError);
}

TEST_CASE("a wait for results gives back those that are not ready, and the first error ends it") {
  const Folder folder;
  Pool pool{{.processes = 2}};
  std::vector<AsyncResult<int>> results{pool.apply_async(kAwait, folder.path("never")), pool.apply_async(kAdd, 1, 2)};
  const auto first = wait(results, WaitFor::first_completed, 60s);
  REQUIRE(first.done.size() == 1);
  CHECK(first.done[0].get() == 3);
  results.push_back(pool.apply_async(kPositive, -1));
  const auto failed = wait(results, WaitFor::first_exception, 60s);
  CHECK(failed.done.size() == 2);
  CHECK(failed.not_done.size() == 1);
  CHECK_THROWS_AS(
      [&] {
        for (auto& done : as_completed(failed.not_done, 1ms)) done.wait();
      }(),
      Timeout);
  folder.touch("never");
  CHECK(wait(failed.not_done).done.size() == 1);
}

TEST_CASE("a callback of a pool must not wait for a result whose callback comes after it, in any way of waiting") {
  Pool pool{{.processes = 1}};
  std::atomic<int> refused{0};
  std::optional<AsyncResult<int>> second;
  std::latch made{1};
  auto first = pool.apply_async(kAdd, {1, 2}, [&](int) {
    made.wait();
    for (const auto& way : {std::function<void()>{[&] { (void)second->get(); }},
                            std::function<void()>{[&] { (void)wait(std::vector{*second}); }},
                            std::function<void()>{[&] { (void)second->future().get(); }}}) {
      try {
        way();
      } catch (const Error& error) {
        if (error.code() == Errc::bad_request) ++refused;
      }
    }
  });
  second = pool.apply_async(kAdd, {3, 4}, [](int) {});
  made.count_down();
  CHECK(first.get() == 3);
  CHECK(second->get() == 7);
  CHECK(refused == 3);
}

}  // namespace pool_test
