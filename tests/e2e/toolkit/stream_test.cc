// imap() and imap_unordered() over ranges that are slow, endless, or the results of other calls; with local://.
#include <doctest/doctest.h>
#include <forkmill/pool.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/eventually.h"
#include "tests/folder.h"

namespace stream_test {

using namespace forkmill;
using namespace std::chrono_literals;
using tests::eventually;

namespace {

// Items that come when they are released.
class Tap {
 public:
  void release(int more) {
    const std::lock_guard hold{mutex_};
    released_ += more;
    changed_.notify_all();
  }
  // Blocks until item n may come.
  int item(int n) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return n < released_; });
    return n;
  }
  auto items(int count) {
    return std::views::iota(0, count) | std::views::transform([this](int n) { return item(n); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int released_ = 0;
};

}  // namespace

TEST_CASE("imap returns before its range has given an item, and gives results before the range has ended") {
  Tap tap;
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, tap.items(3));
  auto unordered = pool.imap_unordered(kSquare, std::vector<int>{4});
  CHECK(unordered.next(60s) == 16);  // the other range blocks nothing
  CHECK_THROWS_AS(results.next(0ms), Timeout);
  for (int n = 0; n < 3; ++n) {
    tap.release(1);
    CHECK(results.next(60s) == n * n);
  }
  CHECK_FALSE(results.next(60s));
}

TEST_CASE("imap over an endless range reads ahead as credit allows") {
  std::atomic<int> pulled{0};
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, std::views::iota(0) | std::views::transform([&](int n) { return ++pulled, n; }));
  for (int n = 0; n < 100; ++n) CHECK(results.next(60s) == n * n);
  int before = -1;
  CHECK(eventually([&] { return std::exchange(before, pulled.load()) == pulled.load() && before > 100; }));
  CHECK(pulled < 5000);
}

TEST_CASE("calls of imap are stages of a pipeline") {
  Tap tap;
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, pool.imap_unordered(kSquare, tap.items(100)));
  tap.release(1);
  CHECK(results.next(60s) == 0);  // through both, before the second item is there
  tap.release(99);
  int count = 1;
  while (results.next(60s)) ++count;
  CHECK(count == 100);
}

TEST_CASE("join waits for all items of a stream whose results were not read") {
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, std::views::iota(0, 3000));
  pool.close();
  pool.join();
  int count = 0;
  for (const int square : results) {
    CHECK(square == count * count);
    ++count;
  }
  CHECK(count == 3000);
}

TEST_CASE("join returns when a stream over an endless range was dropped") {
  Pool pool{{.processes = 2}};
  { CHECK(pool.imap(kSquare, std::views::iota(3)).next(60s) == 9); }
  { CHECK(pool.imap(kSquare, pool.imap_unordered(kSquare, std::views::iota(3, 4))).next(60s) == 81); }
  pool.imap(kSquare, std::views::iota(0) | std::views::filter([](int n) { return n % 2 == 0; }));
  pool.close();
  pool.join();
}

TEST_CASE("all items of a range with a size are used though the results were dropped") {
  const tests::Folder folder;
  Pool pool{{.processes = 2}};
  pool.imap(kNote, std::views::iota(0, 3000) | std::views::transform([&](int) { return folder.path("notes"); }), 10);
  pool.close();
  pool.join();
  std::ifstream file{folder.path("notes")};
  CHECK(std::count(std::istreambuf_iterator<char>{file}, {}, '\n') == 3000);
}

TEST_CASE("a container is read when imap is called, and may go then") {
  Pool pool{{.processes = 2}};
  auto results = [&] {
    const std::vector<int> numbers{1, 2, 3};
    return pool.imap(kSquare, numbers);
  }();
  std::vector<int> squares;
  for (const int square : results) squares.push_back(square);
  CHECK(squares == std::vector<int>{1, 4, 9});
}

TEST_CASE("what a range throws comes behind the results of the items before it") {
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, std::views::iota(0) | std::views::transform([](int n) {
                                      return n < 2 ? n : throw std::runtime_error{"no more"};
                                    }),
                           3);
  CHECK(results.next(60s) == 0);
  CHECK(results.next(60s) == 1);
  CHECK_THROWS_WITH(results.next(60s), "no more");
  CHECK_FALSE(results.next(60s));
}

TEST_CASE("terminate ends a stream over an endless range") {
  Pool pool{{.processes = 2}};
  auto results = pool.imap(kSquare, std::views::iota(0));
  CHECK(results.next(60s) == 0);
  pool.terminate();
  CHECK_THROWS_AS(
      [&] {
        while (results.next(60s)) continue;
      }(),
      Cancelled);
}

TEST_CASE("items of a map can be written in braces") {
  Pool pool{{.processes = 2}};
  CHECK(pool.map(kSquare, {1, 2, 3}) == std::vector<int>{1, 4, 9});
  CHECK(pool.starmap(kAdd, {{1, 2}, {3, 4}}) == std::vector<int>{3, 7});
  CHECK(pool.imap(kSquare, {3}).next(60s) == 9);
}

}  // namespace stream_test
