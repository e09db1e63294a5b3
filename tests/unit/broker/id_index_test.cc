#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/tasks/id_index.h"
#include "broker/core/tasks/paged_out_deadlines.h"
#include "broker/core/tasks/seq_runs.h"
#include "broker/core/tasks/task_slab.h"
#include "broker/core/tasks/tasks.h"
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

TEST_CASE("tasks in memory are found by their ids and keep their places, which are used again") {
  TaskSlab slab;
  std::unordered_map<TaskId, Task*> plain;
  std::unordered_map<Task*, int> places;
  for (std::uint64_t step = 0; step < 100'000; ++step) {
    const TaskId id = TaskId::make(1, 3, proto::mix64(step) >> 52);  // few enough to meet again
    const auto known = plain.find(id);
    REQUIRE(slab.find(id) == (known == plain.end() ? nullptr : known->second));
    if (known == plain.end()) {
      Task& task = slab.add(id);
      task.seq = proto::TaskSeq{step + 1};
      CHECK(task.id == id);
      CHECK(task.finished == nullptr);
      CHECK(task.rare == nullptr);
      edit_rare(task).watchers.resize(3);
      plain.emplace(id, &task);
      ++places[&task];
    } else if (proto::mix64(~step) % 2 == 0) {
      Task& task = *known->second;
      plain.erase(known);
      slab.remove(task);
      CHECK(!task.seq);
    }
  }
  CHECK(slab.size() == plain.size());
  CHECK(places.size() < 4'200);  // there are 4,096 ids
  std::size_t visited = 0;
  slab.visit([&](const Task& task) { visited += plain.at(task.id) == &task ? 1 : 0; });
  CHECK(visited == plain.size());
  std::size_t in_pieces = 0;
  for (std::size_t place = 0; slab.visit_some(place, 100, [&](Task&) { ++in_pieces; });) {
  }
  CHECK(in_pieces == plain.size());
}

TEST_CASE(
    "all tasks are visited once in slices, while others come and go and while they move between memory and disk") {
  constexpr std::uint64_t kStay = 20'000;
  constexpr std::size_t kSlice = 1'000;
  Tasks tasks{proto::TaskSeq{}};
  const auto id = [](std::uint64_t n) { return TaskId::make(1, 3, n); };
  const auto to_disk = [&](std::uint64_t n) { tasks.add_paged_out(id(n), {proto::TaskSeq{n}}); };
  for (std::uint64_t n = 1; n <= kStay; ++n)
    if (n % 2 == 0)
      tasks.insert(id(n));
    else
      to_disk(n);
  std::unordered_map<TaskId, int> seen;
  std::size_t seen_in_slice = 0;
  const auto note = [&](const TaskId& one) {
    ++seen[one];
    ++seen_in_slice;
  };
  const Tasks::Visitor visitor{[&](const Task& task) { note(task.id); },
                               [&](const TaskId& one, PagedOutEntry) { note(one); }};
  proto::SplitMix64 random{1};
  Tasks::HashPlace place;
  std::uint64_t newest = kStay;
  std::size_t slices = 1;
  for (; tasks.visit_hashes(place, kSlice, visitor); ++slices) {
    REQUIRE(seen_in_slice <= kSlice);
    seen_in_slice = 0;
    for (int move = 0; move < 500; ++move) {
      const std::uint64_t n = 1 + random.next() % kStay;
      if (Task* task = tasks.find(id(n))) {
        tasks.erase(*task);
        to_disk(n);
      } else {
        tasks.page_in(id(n));
      }
    }
    // The table grows by others at first, and shrinks later.
    if (slices <= 10)
      for (int i = 0; i < 2'000; ++i) tasks.insert(id(++newest));
    else
      for (int i = 0; i < 2'000 && newest > kStay; ++i) tasks.erase(*tasks.find(id(newest--)));
  }
  CHECK(slices > kStay / kSlice);
  for (std::uint64_t n = 1; n <= kStay; ++n) REQUIRE(seen[id(n)] == 1);
}

TEST_CASE("a part that tasks share lives as long as the last of them") {
  const auto spec = std::make_shared<const proto::TaskSpec>(proto::TaskSpec{"default", "t.echo", 0, {}});
  CommonRef one{CommonPart{.spec = spec}};
  CommonRef other = one;
  CHECK(&one.part() == &other.part());
  CHECK(spec.use_count() == 2);
  const CommonRef& same = one;
  one = same;
  one = CommonRef{};
  CHECK(!one);
  CHECK(other->name == "t.echo");
  CommonRef moved = std::move(other);
  CHECK(spec.use_count() == 2);
  moved = CommonRef{CommonPart{.spec = proto::blank_spec()}};
  CHECK(spec.use_count() == 1);
}

}  // namespace id_index_test
