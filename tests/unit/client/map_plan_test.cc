// Which items go into which chunk: by run time, and around items that kill their process. Without processes.
#include "client/pool/plan/map_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace map_plan_test {

using forkmill::detail::ChunkSizer;
using forkmill::detail::ChunkWindow;
using forkmill::detail::MapPlan;
using forkmill::detail::Span;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr ChunkSizer::Aim kAim{.target = 5ms, .least = 500us};

// Runs the items of a call: each chunk of the plan in turn, as a process does that gives back what it has not begun
// after its budget.
class Run {
 public:
  Run(std::size_t items, std::size_t processes) : plan_{items, processes, kAim}, results_(items) {}

  std::map<std::size_t, microseconds> costs;  // run times other than a microsecond, by item
  std::set<std::size_t> deadly;               // items that kill

  // In any order of the chunks that are under way.
  void to_the_end(unsigned seed = 1) {
    std::mt19937 random{seed};
    std::vector<Span> under_way;
    for (;;) {
      while (const auto chunk = plan_.next()) under_way.push_back(*chunk);
      if (under_way.empty()) break;
      const auto at = under_way.begin() + static_cast<std::ptrdiff_t>(random() % under_way.size());
      run(*at);
      under_way.erase(at);
    }
    CHECK(plan_.is_over());
  }
  const std::vector<std::size_t>& sizes() const { return sizes_; }
  std::size_t deaths() const { return deaths_; }
  const std::set<std::size_t>& lost() const { return lost_; }
  // Number of items whose results came, each of them once.
  std::size_t ran() const {
    CHECK(std::ranges::all_of(results_, [](int times) { return times < 2; }));
    return static_cast<std::size_t>(std::ranges::count(results_, 1));
  }

 private:
  void run(const Span& chunk) {
    sizes_.push_back(chunk.count);
    microseconds time{0};
    std::size_t count = 0;
    for (; count < chunk.count && time < 10ms; ++count) {
      const auto item = chunk.first + count;
      if (deadly.contains(item)) return die(chunk);
      const auto cost = costs.find(item);
      time += cost == costs.end() ? 1us : cost->second;
    }
    for (std::size_t i = 0; i < count; ++i) ++results_[chunk.first + i];
    plan_.ran(chunk, count, time, time);
  }
  void die(const Span& chunk) {
    ++deaths_;
    if (!plan_.lost(chunk)) lost_.insert(chunk.first);
  }

  MapPlan plan_;
  std::vector<int> results_;
  std::vector<std::size_t> sizes_;
  std::size_t deaths_ = 0;
  std::set<std::size_t> lost_;
};

}  // namespace

TEST_CASE("chunks begin small, follow the run time of their items, and end small") {
  Run run{1'000'000, 2};
  run.to_the_end();
  CHECK(run.ran() == 1'000'000);
  const auto& sizes = run.sizes();
  CHECK(sizes.front() == 1);
  CHECK(*std::ranges::max_element(sizes) == 5000);  // 5 ms
  CHECK(sizes.back() <= 500);                       // less would not pay
  CHECK(sizes.size() < 260);
}

TEST_CASE("a call knows what items cost in the call before it") {
  MapPlan plan{1000, 2, kAim, 10us};
  CHECK(plan.next()->count == 125);
  MapPlan costly{1000, 2, kAim, 1s};
  for (int i = 0; i < 2; ++i) {
    const auto chunk = *costly.next();
    CHECK(chunk.count == 1);
    costly.ran(chunk, 1, 1us, 1us);
  }
  CHECK(costly.cost() < 100ms);
}

TEST_CASE("long items travel alone") {
  Run run{40, 2};
  for (std::size_t i = 0; i < 40; ++i) run.costs[i] = 1s;
  run.to_the_end();
  CHECK(run.ran() == 40);
  CHECK(std::ranges::count(run.sizes(), 1) == 40);
}

TEST_CASE("one long item among short ones makes chunks small for a short time only") {
  Run run{1'000'000, 2};
  run.costs[300'000] = 10s;
  run.to_the_end();
  CHECK(run.ran() == 1'000'000);
  CHECK(run.sizes().size() < 400);
}

TEST_CASE("a chunk that turns out long gives back what has not begun, in the order of the items") {
  MapPlan plan{100, 1, kAim};
  const auto first = *plan.next();
  plan.ran(first, 1, 1us, 1us);
  const auto large = *plan.next();
  REQUIRE(large.first == 1);
  REQUIRE(large.count > 10);
  plan.ran(large, 3, 1s, 1s);
  const auto rest = *plan.next();
  CHECK(rest.first == 4);
  CHECK(rest.count == 1);
}

TEST_CASE("a few chunks are under way at a time") {
  MapPlan plan{100, 3, kAim};
  std::vector<Span> chunks;
  while (const auto chunk = plan.next()) chunks.push_back(*chunk);
  CHECK(chunks.size() == 12);
  CHECK_FALSE(plan.has_next());
  plan.ran(chunks[0], 1, 1us, 1us);
  CHECK(plan.has_next());
}

TEST_CASE("an item that kills its process is found alone, with few deaths") {
  for (const std::size_t deadly : {std::size_t{0}, std::size_t{77'777}, std::size_t{99'999}}) {
    Run run{100'000, 2};
    run.deadly = {deadly};
    run.to_the_end();
    CHECK(run.lost() == run.deadly);
    CHECK(run.ran() == 99'999);
    CHECK(run.deaths() <= 5);
  }
}

TEST_CASE("for any run times and any items that kill, each of the others has one result") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random{seed};
    Run run{3000, 1 + random() % 5};
    for (int i = 0; i < 300; ++i) run.costs[random() % 3000] = microseconds{random() % 20'000};
    for (unsigned i = 0; i < seed % 7; ++i) run.deadly.insert(random() % 3000);
    run.to_the_end(seed);
    CHECK(run.lost() == run.deadly);
    CHECK(run.ran() == 3000 - run.deadly.size());
  }
}

TEST_CASE("when most items kill their process, the rest is not sent") {
  Run run{100'000, 2};
  for (std::size_t i = 0; i < 100'000; ++i) run.deadly.insert(i);
  run.to_the_end();
  CHECK(run.lost().size() < 32);
  CHECK(run.deaths() < 64);
}

TEST_CASE("nothing is sent after a chunk has failed as a whole") {
  MapPlan plan{100, 2, kAim};
  const auto one = *plan.next();
  const auto other = *plan.next();
  plan.failed();
  CHECK_FALSE(plan.next());
  CHECK_FALSE(plan.is_over());
  plan.ran(other, 1, 1us, 1us);
  CHECK(plan.is_over());
  CHECK(one.count == 1);
}

TEST_CASE("a chunk that was not sent, or not as a whole, is given once more") {
  MapPlan plan{100, 1, kAim};
  plan.ran(*plan.next(), 1, 100us, 100us);
  const auto chunk = *plan.next();
  REQUIRE(chunk.count > 5);
  plan.shorten(chunk, 2);
  plan.unsent({chunk.first, 2});
  CHECK(plan.next()->count == 2);
  CHECK(plan.next()->first == chunk.first + 2);
}

TEST_CASE("a chunk that has no room goes again at once if another one has ended meanwhile, and not forever") {
  MapPlan plan{1000, 2, kAim};
  const auto first = plan.next();
  const auto second = plan.next();
  REQUIRE(second);
  plan.unsent(*second);
  CHECK_FALSE(plan.has_made_room());
  CHECK(plan.any_under_way());  // the end of the first makes room later
  REQUIRE(plan.next());
  plan.ran(*first, first->count, 1us, 1us);  // before the second is refused
  plan.unsent(*second);
  CHECK_FALSE(plan.any_under_way());
  CHECK(plan.has_made_room());
  REQUIRE(plan.next());
  plan.unsent(*second);
  CHECK_FALSE(plan.has_made_room());
}

TEST_CASE("as many chunks are under way as processes can use, if their number is not known") {
  ChunkWindow window{0};
  const auto first = window.size();
  for (int i = 0; i < 10'000; ++i) window.measured(5ms, 5ms);  // no chunk waits
  const auto most = window.size();
  CHECK(most > first * 100);
  for (int i = 0; i < 100; ++i) window.measured(5ms, 12ms);  // each waits a little
  CHECK(window.size() == most);
  for (int i = 0; i < 10'000; ++i) window.measured(5ms, 50ms);
  CHECK(window.size() < first);
  CHECK(window.size() >= 2);
  for (int i = 0; i < 1000; ++i) window.measured(1us, 1us);  // too short to tell
  CHECK(window.size() < first);
  ChunkWindow known{3};
  known.measured(5ms, 5ms);
  CHECK(known.size() == 12);
}

TEST_CASE("few items travel alone and at once, also if the last call was quick: they may wait for each other") {
  for (const std::size_t processes : {1U, 2U, 8U}) {
    MapPlan plan{processes * 4, processes, kAim, 1us};
    std::size_t chunks = 0;
    for (; const auto chunk = plan.next(); ++chunks) CHECK(chunk->count == 1);
    CHECK(chunks == processes * 4);
  }
}

}  // namespace map_plan_test
