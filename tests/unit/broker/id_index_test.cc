#include <doctest/doctest.h>

#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/tasks/id_index.h"
#include "broker/core/tasks/paged_out_deadlines.h"
#include "broker/core/tasks/seq_runs.h"
#include "proto/random.h"

namespace id_index_test {

using namespace forkmill;
using namespace forkmill::broker;

TEST_CASE("the index agrees with a plain map through growth and shrinking") {
  IdIndex index;
  std::unordered_map<TaskId, std::uint64_t> plain;
  std::uint64_t state = 7;
  const auto next = [&] { return state = state * 6364136223846793005ULL + 1442695040888963407ULL; };
  const auto any_id = [&] { return TaskId::make(1, 3, next() >> 46); };  // few enough to meet again
  for (int step = 0; step < 400'000; ++step) {
    const TaskId id = any_id();
    const bool grow = (step / 100'000) % 2 == 0;
    if ((next() >> 60) < (grow ? 12U : 3U)) {
      const std::uint64_t value = next();
      if (plain.emplace(id, value).second) index.insert(id, value);
    } else {
      CHECK(index.erase(id) == (plain.erase(id) == 1));
    }
    const TaskId other = any_id();
    const auto found = plain.find(other);
    const std::uint64_t* value = std::as_const(index).find(other);
    REQUIRE((value != nullptr) == (found != plain.end()));
    if (value != nullptr) REQUIRE(*value == found->second);
  }
  CHECK(index.size() == plain.size());
  std::size_t visited = 0;
  index.visit([&](const TaskId& id, std::uint64_t value) {
    ++visited;
    CHECK(plain.at(id) == value);
  });
  CHECK(visited == plain.size());
}

TEST_CASE("runs of numbers come out as they went in") {
  SeqRuns runs;
  const std::vector<std::uint64_t> numbers{5, 6, 7, 9, 10, 3, 4, 5, 100};
  for (const std::uint64_t number : numbers) runs.push_back(proto::TaskSeq{number});
  CHECK(runs.size() == numbers.size());
  for (const std::uint64_t number : numbers) CHECK(runs.pop_front() == proto::TaskSeq{number});
  CHECK(runs.empty());
}

TEST_CASE("runs of numbers agree with a plain queue while they are filled and emptied") {
  SeqRuns runs;
  std::deque<std::uint64_t> expected;
  proto::SplitMix64 random{1};
  const auto chance = [&](std::uint64_t percent) { return random.next() % 100 < percent; };
  std::uint64_t next = 1;
  for (int step = 0; step < 20'000; ++step) {
    const bool fills = chance(step / 1'000 % 2 == 0 ? 60 : 40);
    if (fills) {
      next += chance(50) ? 1 : 2;
      runs.push_back(proto::TaskSeq{next});
      expected.push_back(next);
    } else if (!expected.empty()) {
      REQUIRE(runs.pop_front() == proto::TaskSeq{expected.front()});
      expected.pop_front();
    }
    REQUIRE(runs.size() == expected.size());
    REQUIRE(runs.empty() == expected.empty());
  }
}

TEST_CASE("paged-out deadlines are popped before they are due, never after") {
  using namespace std::chrono_literals;
  PagedOutDeadlines deadlines;
  CHECK(deadlines.next_fetch() == proto::kNever);
  deadlines.add(100s, proto::TaskSeq{1});
  deadlines.add(50s, proto::TaskSeq{2});
  CHECK(deadlines.next_fetch() < 50s);
  CHECK_FALSE(deadlines.pop(10s));
  CHECK(deadlines.pop(50s) == proto::TaskSeq{2});
  CHECK_FALSE(deadlines.pop(50s));
  CHECK(deadlines.pop(100s) == proto::TaskSeq{1});
}

}  // namespace id_index_test
