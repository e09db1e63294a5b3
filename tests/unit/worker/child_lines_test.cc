#include "worker/rules/child_lines.h"

#include <doctest/doctest.h>

namespace child_lines_test {

using namespace forkmill::worker;
using namespace std::chrono_literals;
using forkmill::proto::Instant;

namespace {

constexpr Instant kNow = 1000s;

ChildLines lines_of(std::uint32_t children, std::uint64_t max_tasks = 0) {
  ChildLines lines{children, max_tasks};
  for (std::uint32_t slot = 0; slot < children; ++slot) {
    lines.add_child({slot, 1});
    lines.open({slot, 1});
  }
  return lines;
}

// Gives out attempts until no child will have one; returns how many each slot got.
std::vector<int> fill(ChildLines& lines, std::optional<double> run_us, int most) {
  std::vector<int> got(lines.slots());
  for (int i = 0; i < most; ++i) {
    const auto slot = lines.choose(kNow, run_us);
    if (!slot) break;
    lines.append(kNow, *slot, static_cast<std::uint64_t>(i) + 1, run_us);
    ++got[*slot];
  }
  return got;
}

}  // namespace

TEST_CASE("a child gets attempts between its birth and its death only") {
  ChildLines lines{1, 0};
  CHECK_FALSE(lines.choose(kNow, 1.0));
  lines.add_child({0, 1});
  CHECK_FALSE(lines.choose(kNow, 1.0));
  lines.open({0, 2});  // a word from another generation
  CHECK_FALSE(lines.choose(kNow, 1.0));
  lines.open({0, 1});
  CHECK(lines.choose(kNow, 1.0) == 0);
  lines.append(kNow, 0, 7, 1.0);
  lines.append(kNow, 0, 8, 1.0);
  lines.close(0);
  CHECK_FALSE(lines.choose(kNow, 1.0));
  CHECK(lines.remove_child({0, 1}) == std::vector<std::uint64_t>{7, 8});
  CHECK(lines.remove_child({0, 1}).empty());
}

TEST_CASE("tasks of unknown or long duration go to idle children only") {
  ChildLines lines = lines_of(2);
  SUBCASE("unknown") { CHECK(fill(lines, std::nullopt, 10) == std::vector<int>{1, 1}); }
  SUBCASE("long") { CHECK(fill(lines, 1e6, 10) == std::vector<int>{1, 1}); }
}

TEST_CASE("a few very short tasks go to one child; many spread evenly") {
  ChildLines lines = lines_of(2);
  SUBCASE("few") { CHECK(fill(lines, 1.0, 10) == std::vector<int>{10, 0}); }
  SUBCASE("many") {
    const auto got = fill(lines, 1.0, 1000);
    CHECK(got[0] + got[1] == 1000);
    CHECK(std::abs(got[0] - got[1]) < 60);
  }
}

TEST_CASE("a line holds about five milliseconds of work") {
  ChildLines lines = lines_of(1);
  const auto got = fill(lines, 500.0, 1000);
  CHECK(got[0] >= 10);
  CHECK(got[0] <= 12);
}

TEST_CASE("attempts behind a front that outlasts its estimate are called back") {
  ChildLines lines = lines_of(1);
  lines.append(kNow, 0, 1, 100.0);
  CHECK(lines.next_overdue() == forkmill::proto::kNever);  // no attempt waits
  lines.append(kNow, 0, 2, 100.0);
  lines.append(kNow, 0, 3, 100.0);
  const Instant due = kNow + 200us + ChildLines::kPatience;
  CHECK(lines.next_overdue() == due);
  CHECK(lines.overdue(due - 1us).empty());
  CHECK(lines.overdue(due) == std::vector<std::uint32_t>{0});
  CHECK(lines.behind_front(0) == std::vector<std::uint64_t>{2, 3});
  lines.revoke(due, 0, 3);
  lines.revoke(due, 0, 2);
  CHECK(lines.next_overdue() == forkmill::proto::kNever);
  CHECK(lines.front(0) == 1);
}

TEST_CASE("a long-running front makes its child the last choice") {
  ChildLines lines = lines_of(2);
  lines.append(kNow, 0, 1, 10.0);
  CHECK(lines.choose(kNow + 1s, 10.0) == 1);
  lines.append(kNow + 1s, 1, 2, 10.0);
  CHECK(lines.choose(kNow + 1s, 10.0) == 1);
}

TEST_CASE("a child gets no more attempts than it runs before it leaves") {
  ChildLines lines = lines_of(1, 3);
  CHECK(fill(lines, 1.0, 10) == std::vector<int>{3});
  lines.revoke(kNow, 0, 3);
  CHECK(lines.choose(kNow, 1.0) == 0);
  lines.finish(kNow, 0, 1);
  lines.append(kNow, 0, 4, 1.0);
  CHECK_FALSE(lines.choose(kNow, 1.0));
  // The one in front, before the child has taken it up.
  lines.revoke(kNow, 0, 2);
  CHECK(lines.capacity(kNow, 0) == 1);
  lines.append(kNow, 0, 5, 1.0);
  CHECK_FALSE(lines.choose(kNow, 1.0));
}

TEST_CASE("a child whose front is late gets nothing more, and attempts that were called back do not return to it") {
  ChildLines lines = lines_of(1);
  lines.append(kNow, 0, 1, 100.0);
  CHECK(lines.choose(kNow + 2ms, 100.0) == 0);
  CHECK_FALSE(lines.choose(kNow + 200us + ChildLines::kPatience, 100.0));
}

}  // namespace child_lines_test
