// How many grants a worker asks for.
#include "tests/unit/worker/foreman_world.h"

namespace credit_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

TEST_CASE("credit follows the children and how long tasks take") {
  World world{2};
  CHECK(world.last_credit == 4);  // two children, each with one ahead
  world.measure(1, 1000);
  CHECK(world.last_credit == 1 + 2 * (1 + 5));
  for (std::uint64_t seq = 2; seq < 60; ++seq) world.measure(seq, 50'000);
  CHECK(world.last_credit == 59 + 2);  // long ones: only what can start at once
}

TEST_CASE("a task that no living child can start is granted at most once, however long it takes until one is born") {
  World world{2};
  world.die(1, SIGSEGV);
  world.settle();
  CHECK(world.last_credit == 2);  // the one that lives, and one ahead
  world.grant(1, "long");
  world.settle();
  world.start(0);
  world.grant(2, "long");
  world.settle();
  CHECK(world.last_credit == 2);
  world.pass(51ms);
  CHECK(world.returned == std::vector<std::uint64_t>{2});
  for (int i = 0; i < 20; ++i) {
    CHECK(world.last_credit == 2);  // as many as were granted: no more
    world.pass(50ms);
  }
  world.spawn(1);
  world.settle();
  CHECK(world.last_credit == 2 + 2);
}

TEST_CASE("credit for attempts that would wait is taken back as soon as the front takes longer than expected") {
  World world{1};
  world.grant(1, "long");
  world.settle();
  world.start(0);
  CHECK(world.last_credit == 2);
  REQUIRE(world.foreman.next_wakeup() <= world.now + 12ms);
  world.pass(12ms);
  CHECK(world.last_credit == 1);
  CHECK(world.foreman.next_wakeup() > world.now + 1h - 1s);
  world.finish(0, 12'000);
  world.settle();
  CHECK(world.last_credit == 2);  // the task takes long: credit for those only that can start at once
}

TEST_CASE("a child that is being ended takes no credit from its siblings") {
  World world{2};
  for (std::uint64_t seq = 1; seq < 60; ++seq) world.measure(seq, 50'000, "long");
  world.grant(60, "long", 0ms, 10ms);
  world.settle();
  world.start(0);
  CHECK(world.last_credit == 60 + 1);
  world.pass(10ms);
  CHECK(world.children[0].log.ends_with("TERM "));
  CHECK(world.last_credit == 60 + 1);
}

TEST_CASE("a child that leaves after a number of tasks is given credit for no more") {
  World world{1, 3};
  CHECK(world.last_credit == 2);
  world.measure(1, 100);
  CHECK(world.last_credit == 1 + 2);
  world.measure(2, 100);
  CHECK(world.last_credit == 2 + 1);
}

}  // namespace credit_test
