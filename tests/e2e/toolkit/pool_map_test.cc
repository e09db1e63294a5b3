// Pool::map and its kin without a chunk size, with local://: chunks that the pool cuts itself.
#include <doctest/doctest.h>
#include <forkmill/local.h>
#include <forkmill/pipe.h>
#include <forkmill/pool.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/e2e/toolkit/pool_tasks.h"
#include "tests/folder.h"

namespace pool_map_test {

using namespace forkmill;
using namespace std::chrono_literals;
using tests::Folder;

namespace {

std::multiset<int> numbers_in(const std::string& path) {
  std::ifstream file{path};
  return {std::istream_iterator<int>{file}, {}};
}

// Calls of kMark for the numbers below `count`, in which one number stands in the place of itself.
std::vector<std::pair<std::string, int>> marks(const std::string& path, int count, int place, int number) {
  std::vector<std::pair<std::string, int>> calls;
  for (int n = 0; n < count; ++n) calls.emplace_back(path, n == place ? number : n);
  return calls;
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

constexpr int kThrows = -1;
constexpr int kKills = -2;

}  // namespace

TEST_CASE("map gives all results in the order of the items, however many and however large they are") {
  Pool pool{{.processes = 3}};
  for (const int count : {1, 2, 3, 7, 1000, 200'000}) {
    const auto results =
        pool.map(kSquare, std::views::iota(0, count) | std::views::transform([](int n) { return n % 1000; }));
    REQUIRE(results.size() == static_cast<std::size_t>(count));
    bool right = true;
    for (int n = 0; n < count; ++n) right &= results[static_cast<std::size_t>(n)] == (n % 1000) * (n % 1000);
    CHECK(right);
  }
  std::vector<std::int64_t> sizes;
  for (int i = 0; i < 200; ++i) sizes.push_back(i * 1000);
  const auto texts = pool.map(kLarge, sizes);
  REQUIRE(texts.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) CHECK(texts[i].size() == static_cast<std::size_t>(sizes[i]));
}

TEST_CASE("an item that throws costs no other item, and its error is thrown") {
  const Folder folder;
  Pool pool{{.processes = 2}};
  const auto path = folder.path("marks");
  CHECK(text_of([&] { pool.starmap(kMark, marks(path, 2000, 1000, kThrows)); }).find("meant to") != std::string::npos);
  std::multiset<int> expected{kThrows};
  for (int n = 0; n < 2000; ++n)
    if (n != 1000) expected.insert(n);
  CHECK(numbers_in(path) == expected);
  CHECK(text_of([&] { pool.map(kPositive, {5, -3, -4, 6, -5}); }).find("below zero: -3") != std::string::npos);
}

TEST_CASE("an item that kills its process fails alone, and all others have run") {
  const Folder folder;
  Pool pool{{.processes = 2}};
  for (const int place : {0, 3000, 4999}) {
    const auto path = folder.path("marks" + std::to_string(place));
    CHECK_THROWS_AS(pool.starmap(kMark, marks(path, 5000, place, kKills)), WorkerLost);
    const auto ran = numbers_in(path);
    CHECK(ran.count(kKills) <= 5);
    std::set<int> missing;
    for (int n = 0; n < 5000; ++n)
      if (n != place && !ran.contains(n)) missing.insert(n);
    CHECK(missing.empty());
  }
  CHECK(pool.apply(kSquare, 3) == 9);
}

TEST_CASE("map ends when every item kills its process") {
  Pool pool{{.processes = 2}};
  CHECK_THROWS_AS(pool.map(kRaise, std::vector<int>(10'000, SIGKILL)), WorkerLost);
  CHECK(pool.apply(kSquare, 3) == 9);
}

TEST_CASE("items whose process is killed by chance run once more") {
  const Folder folder;
  Pool pool{{.processes = 2}};
  std::vector<std::string> items(500);
  items[250] = folder.path("died");
  CHECK(pool.map(kDieOnce, items) == std::vector<int>(500, 1));
}

TEST_CASE("map_reduce throws the error of an item and loses no result without one") {
  Pool pool{{.processes = 2}};
  const auto add = [](int& sum, int more) { sum += more; };
  CHECK(pool.map_reduce(kTotal, add, std::views::iota(0, 10'000)) == 49'995'000);
  std::vector<int> items(1000, 1);
  items[700] = -7;
  items[900] = -9;
  CHECK(text_of([&] { pool.map_reduce(kTotal, add, items); }).find("below zero: -7") != std::string::npos);
}

TEST_CASE("a callback may call map and wait for it") {
  Pool pool{{.processes = 2}};
  std::atomic<std::size_t> count{0};
  const auto result = pool.apply_async(kSquare, {2}, [&](int) {
    count =
        pool.map(kSquare, std::views::iota(0, 10'000) | std::views::transform([](int n) { return n % 100; })).size();
  });
  CHECK(result.get(60s) == 4);
  CHECK(count == 10'000);
}

TEST_CASE("map goes on when its client is full for a time") {
  Client client{{.endpoint = "local://", .max_outstanding = 3, .when_full = WhenFull::reject}};
  Pool pool{client, {.processes = 4}};
  const auto results = pool.map_async(kSquare, std::views::iota(0, 1000)).get(60s);
  CHECK(results.size() == 1000);
}

TEST_CASE("terminate, close and join reach a map that has not sent all of its items") {
  const Folder folder;
  {
    Pool pool{{.processes = 2}};
    const auto never = pool.map_async(kAwait, std::vector<std::string>(1000, folder.path("never")));
    pool.terminate();
    CHECK_THROWS_AS(never.get(0ms), Cancelled);
  }
  Pool pool{{.processes = 2}};
  const auto later = pool.map_async(kAwait, std::vector<std::string>(1000, folder.path("go")));
  pool.close();
  CHECK_FALSE(later.ready());
  folder.touch("go");
  pool.join();
  CHECK(later.get(0ms).size() == 1000);
}

TEST_CASE("ends of pipes are items like others") {
  Pool pool{{.processes = 2}};
  std::vector<Connection<std::string>> readers;
  std::vector<std::pair<Connection<std::string>, std::string>> items;
  for (int i = 0; i < 20; ++i) {
    auto [reader, writer] = pipe<std::string>(false);
    readers.push_back(std::move(reader));
    items.emplace_back(std::move(writer), std::to_string(i));
  }
  pool.starmap(kSend, items);
  for (int i = 0; i < 20; ++i) CHECK(readers[static_cast<std::size_t>(i)].recv(60s) == std::to_string(i));
}

TEST_CASE("map_chunked of a client gives all results in order, or the first error") {
  Client client{"local://"};
  const auto squares = client.map_chunked(kSquare, std::views::iota(0, 40'000)).get();
  REQUIRE(squares.size() == 40'000);
  bool right = true;
  for (int n = 0; n < 40'000; ++n) right &= squares[static_cast<std::size_t>(n)] == n * n;
  CHECK(right);
  CHECK(client.map_chunked(kAdd, std::vector<std::pair<int, int>>{{1, 2}, {3, 4}}).get() == std::vector{3, 7});
  CHECK(client.map_chunked(kSquare, std::vector<int>{}).get().empty());
  const Folder folder;
  client.map_chunked(kNote, std::vector<std::string>(100, folder.path("notes"))).get();
  CHECK(numbers_in(folder.path("notes")).size() == 100);
  CHECK(text_of([&] {
          client.map_chunked(kPositive, std::vector{5, -3, 4, -6}).get();
        }).find("below zero: -3") != std::string::npos);
  CHECK_THROWS_AS(client.map_chunked(kNobody, std::vector(1000, 1)).get(), RemoteError);
}

TEST_CASE("an element of map_chunked that kills its process, or takes too long, costs no other element") {
  const Folder folder;
  Client client{"local://"};
  const auto path = folder.path("marks");
  CHECK_THROWS_AS(client.with({.max_attempts = 2}).map_chunked(kMark, marks(path, 2000, 1200, kKills)).get(),
                  WorkerLost);
  const auto ran = numbers_in(path);
  for (int n = 0; n < 2000; ++n)
    if (n != 1200) CHECK(ran.contains(n));
  std::vector<std::string> items(500, folder.path("there"));
  folder.touch("there");
  items[300] = folder.path("never");
  const auto limited = client.with({.max_attempts = 1, .timeout = 1s});
  CHECK_THROWS_AS(limited.map_chunked(kAwait, items).get(), Timeout);
  items[300] = items[0];
  CHECK(limited.map_chunked(kAwait, items).get().size() == 500);
}

TEST_CASE("map_chunked refuses options that elements of a chunk cannot have") {
  Client client{"local://"};
  for (const SubmitOptions& options : {SubmitOptions{.delay = 1s}, SubmitOptions{.key = "k"},
                                       SubmitOptions{.retry_errors = true}, SubmitOptions{.at_most_once = true}})
    CHECK_THROWS_AS(client.with(options).map_chunked(kSquare, std::vector{1}), Error);
}

TEST_CASE("map_chunked ends when its client is closed") {
  std::optional<AsyncResult<std::vector<int>>> result;
  {
    Client client{"local://"};
    result = client.with({.queue = "of-nobody"}).map_chunked(kSquare, std::vector(100, 1));
    CHECK_FALSE(result->ready());
  }
  CHECK_THROWS_AS(result->get(60s), Disconnected);
}

TEST_CASE("imap without a chunk size gives results in order, and errors at their places") {
  Pool pool{{.processes = 2}};
  int next = 0;
  bool right = true;
  for (const int square : pool.imap(kSquare, std::views::iota(0, 30'000), {})) {
    right &= square == next * next;
    ++next;
  }
  CHECK(right);
  CHECK(next == 30'000);
  std::vector<int> items(5000);
  std::iota(items.begin(), items.end(), 0);
  for (const int place : {0, 1, 2500, 4998, 4999}) items[static_cast<std::size_t>(place)] = -1;
  auto results = pool.imap(kPositive, items, {});
  for (int n = 0; n < 5000; ++n) {
    if (items[static_cast<std::size_t>(n)] >= 0)
      CHECK(results.next(60s) == n);
    else
      CHECK_THROWS_AS(results.next(60s), RemoteError);
  }
  CHECK_FALSE(results.next(60s));
}

TEST_CASE("imap_unordered without a chunk size gives each result once") {
  Pool pool{{.processes = 3}};
  std::vector<int> items(20'000);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> squares;
  for (const int square : pool.imap_unordered(kSquare, items, {})) squares.push_back(square);
  std::ranges::sort(squares);
  bool right = squares.size() == items.size();
  for (std::size_t n = 0; n < squares.size(); ++n) right &= squares[n] == static_cast<int>(n * n);
  CHECK(right);
}

TEST_CASE("an item of imap that kills its process is WorkerLost, and all others have their results") {
  const Folder folder;
  Pool pool{{.processes = 2}};
  for (const bool ordered : {true, false}) {
    const auto items = marks(folder.path("marks"), 3000, 2000, kKills);
    auto results = ordered ? pool.imap(kMarkPair, items, {}) : pool.imap_unordered(kMarkPair, items, {});
    std::multiset<int> values;
    int lost = 0;
    for (int n = 0; n < 3000; ++n) {
      try {
        const int value = results.next(60s).value();
        if (ordered) CHECK(value == n);
        values.insert(value);
      } catch (const WorkerLost&) {
        if (ordered) CHECK(n == 2000);
        ++lost;
      }
    }
    CHECK_FALSE(results.next(60s));
    CHECK(lost == 1);
    CHECK(values.size() == 2999);
    CHECK(std::set<int>(values.begin(), values.end()).size() == 2999);
  }
}

TEST_CASE("a stream without a chunk size can be terminated, and read after the pool was closed") {
  Pool pool{{.processes = 2}};
  auto endless = pool.imap(kSquare, std::views::iota(0) | std::views::transform([](int n) { return n % 100; }), {});
  CHECK(endless.next(60s) == 0);
  pool.terminate();
  CHECK_THROWS_AS(
      [&] {
        while (endless.next(60s)) continue;
      }(),
      Cancelled);
  Pool other{{.processes = 2}};
  auto results = other.imap(kSquare, std::views::iota(0, 10'000), {});
  other.close();
  other.join();
  int count = 0;
  while (results.next(0ms)) ++count;
  CHECK(count == 10'000);
}

}  // namespace pool_map_test
