#include "worker/rules/child_lines.h"

#include <doctest/doctest.h>

using namespace forkmill::worker;
using namespace std::chrono_literals;
using forkmill::proto::Instant;

namespace {

constexpr Instant kNow = 1000s;

ChildLines pool_of(std::uint32_t children, std::uint64_t max_tasks = 0) {
  ChildLines pool{children, max_tasks};
  for (std::uint32_t slot = 0; slot < children; ++slot) {
    pool.spawned({slot, 1});
    pool.born({slot, 1});
  }
  return pool;
}

// Gives out attempts until no child will have one; returns how many each slot got.
std::vector<int> fill(ChildLines& pool, std::optional<double> run_us, int most) {
  std::vector<int> got(pool.slots());
  for (int i = 0; i < most; ++i) {
    const auto slot = pool.choose(kNow, run_us);
    if (!slot) break;
    pool.put(kNow, *slot, static_cast<std::uint64_t>(i) + 1, run_us);
    ++got[*slot];
  }
  return got;
}

}  // namespace

TEST_CASE("a child gets attempts between its birth and its death only") {
  ChildLines pool{1, 0};
  CHECK_FALSE(pool.choose(kNow, 1.0));
  pool.spawned({0, 1});
  CHECK_FALSE(pool.choose(kNow, 1.0));
  pool.born({0, 2});  // a word from another generation
  CHECK_FALSE(pool.choose(kNow, 1.0));
  pool.born({0, 1});
  CHECK(pool.choose(kNow, 1.0) == 0);
  pool.put(kNow, 0, 7, 1.0);
  pool.put(kNow, 0, 8, 1.0);
  pool.close(0);
  CHECK_FALSE(pool.choose(kNow, 1.0));
  CHECK(pool.gone({0, 1}) == std::vector<std::uint64_t>{7, 8});
  CHECK(pool.gone({0, 1}).empty());
}

TEST_CASE("tasks of unknown or long duration go to idle children only") {
  ChildLines pool = pool_of(2);
  SUBCASE("unknown") { CHECK(fill(pool, std::nullopt, 10) == std::vector<int>{1, 1}); }
  SUBCASE("long") { CHECK(fill(pool, 1e6, 10) == std::vector<int>{1, 1}); }
}

TEST_CASE("a few very short tasks go to one child; many spread evenly") {
  ChildLines pool = pool_of(2);
  SUBCASE("few") { CHECK(fill(pool, 1.0, 10) == std::vector<int>{10, 0}); }
  SUBCASE("many") {
    const auto got = fill(pool, 1.0, 1000);
    CHECK(got[0] + got[1] == 1000);
    CHECK(std::abs(got[0] - got[1]) < 60);
  }
}

TEST_CASE("a line holds about five milliseconds of work") {
  ChildLines pool = pool_of(1);
  const auto got = fill(pool, 500.0, 1000);
  CHECK(got[0] >= 10);
  CHECK(got[0] <= 12);
}

TEST_CASE("what waits behind a front that outlasts its estimate is called back") {
  ChildLines pool = pool_of(1);
  pool.put(kNow, 0, 1, 100.0);
  CHECK(pool.next_overdue() == forkmill::proto::kNever);  // nobody waits
  pool.put(kNow, 0, 2, 100.0);
  pool.put(kNow, 0, 3, 100.0);
  const Instant due = kNow + 200us + ChildLines::kPatience;
  CHECK(pool.next_overdue() == due);
  CHECK(pool.overdue(due - 1us).empty());
  CHECK(pool.overdue(due) == std::vector<std::uint32_t>{0});
  CHECK(pool.behind_front(0) == std::vector<std::uint64_t>{2, 3});
  pool.take_back(due, 0, 3);
  pool.take_back(due, 0, 2);
  CHECK(pool.next_overdue() == forkmill::proto::kNever);
  CHECK(pool.front(0) == 1);
}

TEST_CASE("a long-running front makes its child the last choice") {
  ChildLines pool = pool_of(2);
  pool.put(kNow, 0, 1, 10.0);
  CHECK(pool.choose(kNow + 1s, 10.0) == 1);
  pool.put(kNow + 1s, 1, 2, 10.0);
  CHECK(pool.choose(kNow + 1s, 10.0) == 1);
}

TEST_CASE("a child is given no more than it takes before it leaves") {
  ChildLines pool = pool_of(1, 3);
  CHECK(fill(pool, 1.0, 10) == std::vector<int>{3});
  pool.take_back(kNow, 0, 3);
  CHECK(pool.choose(kNow, 1.0) == 0);
  pool.remove(kNow, 0, 1);
  pool.put(kNow, 0, 4, 1.0);
  CHECK_FALSE(pool.choose(kNow, 1.0));
  // The one in front, before the child has taken it up.
  pool.take_back(kNow, 0, 2);
  CHECK(pool.capacity(kNow, 0) == 1);
  pool.put(kNow, 0, 5, 1.0);
  CHECK_FALSE(pool.choose(kNow, 1.0));
}
