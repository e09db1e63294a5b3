// How many children a pool has that follows its load.
#include "worker/rules/scaling/pool_sizer.h"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <utility>

#include "tests/unit/worker/foreman_world.h"
#include "worker/rules/scaling/pool_bounds.h"

namespace pool_sizer_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

namespace {

// A sizer whose clock a test advances.
struct Pool {
  explicit Pool(PoolSizer::Bounds bounds) : sizer{bounds} {}

  // The load stays like this for that time.
  std::size_t pass(Instant time, PoolSizer::Load load) {
    sizer.decide(now, load);
    now += time;
    return sizer.decide(now, load);
  }

  // All children have a task for a time, and there are some more for them; then none has.
  std::size_t burst(Instant busy, Instant idle, std::size_t waiting = 0) {
    pass(busy, {sizer.children(), waiting});
    return pass(idle, {0, 0});
  }

  PoolSizer sizer;
  Instant now = 1000s;
};

Pool pool_of_eight() {
  Pool pool{{1, 8}};
  for (const std::size_t busy : {1, 2, 4}) pool.pass(PoolSizer::kGrowAfter, {busy, 8});
  REQUIRE(pool.sizer.children() == 8);
  return pool;
}

// The load of a worker's one child makes the pool ask for a second.
void grow_to_two(World& world) {
  world.grant(1, "long");
  world.settle();
  world.start(0);
  world.pass(PoolSizer::kGrowAfter);
  CHECK(world.last_credit == 2);  // one to run, and one to show that there is more
  CHECK(world.wanted == 0);
  world.grant(2, "long");
  world.settle();
  REQUIRE(world.wanted == 2);
}

}  // namespace

TEST_CASE("a pool grows when all children have been busy for a while and tasks wait, twofold at most") {
  Pool pool{{1, 8}};
  CHECK(pool.sizer.children() == 1);
  CHECK(pool.sizer.decide(pool.now, {1, 3}) == 1);  // a moment is no load
  CHECK(pool.sizer.next_wakeup() == pool.now + PoolSizer::kGrowAfter);
  CHECK(pool.pass(PoolSizer::kGrowAfter - 1us, {1, 3}) == 1);
  CHECK(pool.pass(1us, {1, 3}) == 2);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {1, 3}) == 2);  // the new child has nothing yet
  CHECK(pool.pass(PoolSizer::kGrowAfter, {2, 3}) == 4);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {4, 1}) == 5);  // one for the one that waits
  CHECK(pool.pass(PoolSizer::kGrowAfter, {5, 9}) == 8);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {8, 9}) == 8);
}

TEST_CASE("a busy pool asks for more tasks than it can run, and does not grow if the broker has none") {
  Pool pool{{2, 5}};
  CHECK(pool.sizer.probe(pool.now) == 0);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {2, 0}) == 2);
  CHECK(pool.sizer.probe(pool.now) == 2);
  CHECK(pool.sizer.next_wakeup() == proto::kNever);  // a task that comes wakes the worker
  CHECK(pool.pass(1s, {2, 0}) == 2);
  CHECK(pool.pass(1s, {2, 2}) == 4);
  CHECK(pool.sizer.probe(pool.now) == 0);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {4, 0}) == 4);
  CHECK(pool.sizer.probe(pool.now) == 1);
  CHECK(pool.pass(BusyStretch::kLongestGap - 1us, {3, 0}) == 4);
  CHECK(pool.sizer.probe(pool.now) == 1);
  CHECK(pool.sizer.next_wakeup() == pool.now + 1us);
  CHECK(pool.pass(1us, {3, 0}) == 4);
  CHECK(pool.sizer.probe(pool.now) == 0);
  CHECK(pool.sizer.next_wakeup() > pool.now + 1s);
}

TEST_CASE("children that are idle for moments between their tasks are busy, and others are not") {
  Pool pool{{16, 32}};
  const auto count_rounds = [&pool](Instant work, Instant gap, std::size_t idle) {
    int rounds = 0;
    for (; rounds < 100 && pool.sizer.probe(pool.now) == 0; ++rounds) {
      pool.pass(work, {16, 0});
      pool.pass(gap, {16 - idle, 0});
    }
    return rounds;
  };
  CHECK(count_rounds(3ms, BusyStretch::kLongestGap, 1) == 100);
  pool.pass(1s, {0, 0});
  CHECK(count_rounds(8ms, 1ms, 1) == 12);  // one of 16 with tasks of 150 ms ends each 9 ms
  CHECK(pool.sizer.decide(pool.now, {15, 4}) == 20);
  pool.pass(1s, {0, 0});
  CHECK(pool.sizer.probe(pool.now) == 0);
}

TEST_CASE("short bursts of tasks do not make a pool grow, and do not delay that it grows for a load that stays") {
  for (const std::size_t least : {1, 6}) {
    Pool pool{{least, 12}};
    for (int i = 0; i < 1000; ++i) REQUIRE(pool.burst(1ms, 14ms, 9) == least);
    CHECK(pool.sizer.probe(pool.now) == 0);
    pool.pass(PoolSizer::kGrowAfter, {least, 0});
    CHECK(pool.pass(PoolSizer::kGrowAfter, {least, least}) == 2 * least);
  }
}

TEST_CASE("children that had much to do long ago, and have little now, are not busy") {
  Pool pool{{2, 8}};
  pool.pass(1h, {2, 0});
  REQUIRE(pool.sizer.probe(pool.now) == 2);
  for (int i = 0; i < 20; ++i) pool.burst(1ms, 14ms);
  CHECK(pool.sizer.probe(pool.now) == 0);
  for (int i = 0; i < 20; ++i) CHECK(pool.burst(1ms, 14ms, 4) == 2);
}

TEST_CASE("a pool whose children are all busy in short bursts only shrinks by half each while") {
  Pool pool = pool_of_eight();
  const auto bursts_until = [&pool](std::size_t children) {
    const Instant begin = pool.now;
    while (pool.sizer.children() > children && pool.now < begin + 1min) pool.burst(1ms, 99ms);
    CHECK(pool.sizer.children() == children);
    return pool.now - begin;
  };
  for (const std::size_t children : {4, 2, 1}) CHECK(bursts_until(children) == PoolSizer::kShrinkAfter);
  CHECK(pool.burst(1ms, 1min) == 1);
}

TEST_CASE("a pool keeps its children while they have tasks for more than a fifth of their time, or for long") {
  Pool pool = pool_of_eight();
  for (int i = 0; i < 300; ++i) REQUIRE(pool.burst(25ms, 75ms) == 8);
  for (int i = 0; i < 10; ++i) REQUIRE(pool.burst(PoolSizer::kGrowAfter, 9s) == 8);
  for (int i = 0; i < 300; ++i) pool.burst(20ms, 80ms);
  CHECK(pool.sizer.children() == 1);
}

TEST_CASE("a pool shrinks to the children that it needed at most for a while, and never below its minimum") {
  Pool pool = pool_of_eight();
  pool.pass(1s, {8, 0});
  CHECK(pool.pass(5s, {2, 0}) == 8);
  CHECK(pool.pass(0s, {5, 0}) == 8);  // a peak
  CHECK(pool.sizer.next_wakeup() == pool.now + PoolSizer::kShrinkAfter - 5s);
  CHECK(pool.pass(PoolSizer::kShrinkAfter - 5s - 1us, {0, 0}) == 8);
  CHECK(pool.pass(1us, {0, 0}) == 5);
  CHECK(pool.pass(PoolSizer::kShrinkAfter, {0, 0}) == 1);
  CHECK(pool.pass(PoolSizer::kShrinkAfter, {0, 0}) == 1);
  CHECK(pool.sizer.next_wakeup() == proto::kNever);
}

TEST_CASE("a child that has not started yet is needed, and is no reason to add others") {
  Pool pool{{1, 8}};
  REQUIRE(pool.pass(PoolSizer::kGrowAfter, {1, 1}) == 2);
  const PoolSizer::Load starting{.busy = 1, .waiting = 1, .starting = 1};
  for (int i = 0; i < 5; ++i) CHECK(pool.pass(PoolSizer::kShrinkAfter, starting) == 2);
  CHECK(pool.sizer.probe(pool.now) == 0);
  CHECK(pool.pass(PoolSizer::kShrinkAfter, {1, 0}) == 1);  // an idle child is not
}

TEST_CASE("a pool whose children are all busy now and then keeps them") {
  Pool pool{{1, 2}};
  REQUIRE(pool.pass(PoolSizer::kGrowAfter, {1, 1}) == 2);
  for (int i = 0; i < 5; ++i) {
    CHECK(pool.pass(PoolSizer::kShrinkAfter - 1us, {1, 0}) == 2);
    CHECK(pool.pass(0s, {2, 0}) == 2);
  }
}

TEST_CASE("a pool grows by the children for which there is memory, and asks for no more tasks without any") {
  Pool pool{{4, 100}};
  pool.sizer.set_room({3});
  CHECK(pool.pass(PoolSizer::kGrowAfter, {4, 50}) == 7);
  CHECK(pool.pass(PoolSizer::kGrowAfter, {7, 50}) == 7);  // until the memory is measured again
  CHECK(pool.sizer.probe(pool.now) == 0);
  pool.sizer.set_room({1});
  CHECK(pool.pass(PoolSizer::kGrowAfter, {7, 50}) == 8);
  constexpr std::uint64_t kMiB = 1024 * 1024;
  CHECK(children_that_fit(100 * kMiB, 40 * kMiB) == 2);
  CHECK(children_that_fit(100 * kMiB, 1) == 6);  // a child that has done nothing yet says little
  CHECK(children_that_fit(0, 0) == 0);
}

TEST_CASE("the bounds of a pool come from its options, the CPUs and the quota") {
  const auto bounds = [](PoolScaling scaling, unsigned cpus, std::optional<double> quota = std::nullopt) {
    const auto found = bounds_of(scaling, cpus, quota);
    return std::pair{found.least, found.most};
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  CHECK(bounds({1, 0}, 4) == Pair{1, 4});
  CHECK(bounds({1, 0}, 2, 1.5) == Pair{1, 2});  // the CPUs are those of the quota already
  CHECK(bounds({2, 64}, 4) == Pair{2, 64});     // for tasks that wait for others
  CHECK(bounds({2, 64}, 4, 3.5) == Pair{2, 4});
  CHECK(bounds({6, 64}, 4, 3.5) == Pair{6, 6});
  WorkerOptions options;
  options.processes = 8;
  CHECK(children_at_start(options) == 8);
  options.scaling.min = 2;
  CHECK(children_at_start(options) == 2);
}

TEST_CASE("--processes is a number, auto, or auto with bounds") {
  const auto read = [](const char* text) {
    const auto processes = parse_processes(text);
    REQUIRE(processes.ok());
    return std::array{processes->number, processes->scaling.min, processes->scaling.max};
  };
  using Three = std::array<unsigned, 3>;
  CHECK(read("0") == Three{0, 0, 0});
  CHECK(read("4096") == Three{4096, 0, 0});
  CHECK(read("auto") == Three{0, 1, 0});
  CHECK(read("auto:1-1") == Three{0, 1, 1});
  CHECK(read("auto:2-16") == Three{0, 2, 16});
  for (const char* wrong : {"", "4097", "-1", "automatic", "auto:", "auto:3", "auto:0-3", "auto:4-3", "auto:1-4097",
                            "auto:1-2-3", "auto:1-", "auto:-2", "3 "})
    CHECK_MESSAGE(!parse_processes(wrong).ok(), wrong);
}

TEST_CASE("a worker whose pool follows its load asks for children, and lets surplus ones end when they are idle") {
  World world{Following{.slots = 4, .least = 1, .most = 3}};
  grow_to_two(world);
  CHECK(world.scaled == 2);
  world.spawn(1);
  world.settle();
  REQUIRE(world.children[1].ring.size() == 1);
  world.start(1);
  world.finish(0);
  world.settle();
  world.pass(PoolSizer::kShrinkAfter);
  CHECK(world.wanted == 1);
  CHECK(world.children[1].log.empty());  // a task runs there
  CHECK(world.returned.empty());
  world.finish(1);
  world.settle();
  CHECK(world.children[1].log == "KILL ");
  CHECK(world.outcomes.contains(2));
}

TEST_CASE("a pool grows for tasks that come one after another, each when the broker has the result of the last") {
  World world{Following{.slots = 4, .least = 1, .most = 3}};
  std::uint64_t seq = 0;
  do {
    world.grant(++seq);
    world.settle();
    world.start(0);
    world.pass(20ms);
    world.finish(0, 20'000);
    world.settle();
    world.acknowledge();
    world.pass(1ms);
  } while (world.last_credit < seq + 2 && seq < 100);
  CHECK(seq == 5);  // after 100 ms there is room for one that shows that there are more
  for (int i = 0; i < 2; ++i) world.grant(++seq);
  world.settle();
  CHECK(world.wanted == 2);
}

TEST_CASE("an idle pool no longer asks for more than it can run") {
  World world{Following{.slots = 4, .least = 1, .most = 3}};
  world.grant(1, "long");
  world.settle();
  world.start(0);
  world.pass(PoolSizer::kGrowAfter);
  world.finish(0, 100'000);
  world.settle();
  CHECK(world.last_credit == 3);
  REQUIRE(world.foreman.next_wakeup() == world.now + BusyStretch::kLongestGap);
  world.pass(BusyStretch::kLongestGap);
  CHECK(world.last_credit == 2);
}

TEST_CASE("a child whose start takes long is not taken away before its first task") {
  World world{Following{.slots = 4, .least = 1, .most = 2}};
  grow_to_two(world);
  world.children[1].generation = 1;
  world.foreman.spawned({1, 1}, 5001);
  for (int i = 0; i < 3; ++i) world.pass(PoolSizer::kShrinkAfter);
  CHECK(world.wanted == 2);
  CHECK(world.children[1].log.empty());
  CHECK(world.returned == std::vector<std::uint64_t>{2});
  world.foreman.handle(world.now, {1, 1}, ChildBorn{});
  world.grant(3, "long");
  world.settle();
  CHECK(world.start(1) == 3);
}

TEST_CASE("a pool that follows its load shrinks also while its worker is short of something") {
  World world{Following{.slots = 4, .least = 1, .most = 2}};
  grow_to_two(world);
  world.spawn(1);
  world.settle();
  world.start(1);
  world.finish(1);
  world.finish(0, 100, Verdict::shortage);
  world.settle();
  CHECK(world.returned == std::vector<std::uint64_t>{1});
  int rounds = 0;
  for (auto next = world.foreman.next_wakeup(); next < world.now + 60s; next = world.foreman.next_wakeup()) {
    REQUIRE(next > world.now);
    REQUIRE(++rounds < 100);
    world.now = next;
    world.settle();
  }
  CHECK(world.wanted == 1);
}

TEST_CASE("an order to scale a worker puts an end to what its load asks for") {
  World world{Following{.slots = 4, .least = 1, .most = 3}};
  world.hear(proto::Scale{2});
  world.spawn(1);
  world.settle();
  CHECK(world.wanted == 2);
  for (const std::uint64_t seq : {1, 2}) world.grant(seq, "long");
  world.settle();
  for (const std::uint32_t slot : {0, 1}) world.start(slot);
  world.pass(PoolSizer::kGrowAfter);
  CHECK(world.last_credit == 2);  // for the two that it has
  for (const std::uint32_t slot : {0, 1}) world.finish(slot);
  world.settle();
  world.pass(PoolSizer::kShrinkAfter);
  CHECK(world.wanted == 2);
}

}  // namespace pool_sizer_test
