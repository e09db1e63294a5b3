// Orders of the broker to a whole worker: to drain, and to have more or fewer children.
#include "tests/unit/worker/foreman_world.h"

namespace scale_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

TEST_CASE("a worker that is told to drain asks its supervisor for that, unless it drains already") {
  World world{2};
  world.hear(proto::Drain{});
  CHECK(world.drain_ordered);
  CHECK_FALSE(world.drained);  // the supervisor answers first
  world.drain_ordered = false;
  world.foreman.drain(world.now, world.now + 10s);
  world.settle();
  CHECK(world.drained);
  world.hear(proto::Drain{});
  CHECK_FALSE(world.drain_ordered);
}

TEST_CASE("a worker that is told to restart asks its supervisor for that") {
  World world{2};
  world.hear(proto::Drain{true});
  CHECK(world.drain_ordered);
  CHECK(world.restart_ordered);
}

TEST_CASE("children beyond a lower number finish what they run, get nothing more, and end when they are idle") {
  World world{3};
  for (const std::uint64_t seq : {1, 2, 3}) world.grant(seq, "long");
  world.settle();
  for (const std::uint32_t slot : {0, 1, 2}) world.start(slot);
  world.hear(proto::Scale{1});
  world.settle();
  CHECK(world.wanted == 1);
  CHECK(world.scaled == 1);
  CHECK(world.children[1].log.empty());
  CHECK(world.children[2].log.empty());
  const auto second = world.seqs.at(world.children[1].running);
  world.finish(1);
  world.settle();
  CHECK(world.outcomes.contains(second));
  CHECK(world.children[1].log == "KILL ");
  world.settle();
  CHECK(world.children[1].log == "KILL ");  // once
  CHECK(world.children[2].log.empty());
  world.die(1, SIGKILL, true);
  world.grant(4, "long");
  world.settle();
  CHECK(world.children[1].ring.empty());
  world.pass(60ms);
  CHECK(world.returned == std::vector<std::uint64_t>{4});  // the one child that is left is busy
}

TEST_CASE("an idle child beyond a lower number ends at once") {
  World world{2};
  world.hear(proto::Scale{1});
  world.settle();
  CHECK(world.children[1].log == "KILL ");
  CHECK(world.children[0].log.empty());
  CHECK(world.last_credit == 2);  // one child, and one task ahead
}

TEST_CASE("attempts that wait behind a surplus child's own go to other children") {
  World world{2};
  world.measure(1, 100);
  world.measure(2, 100);
  for (std::uint64_t seq = 11; seq <= 16; ++seq) world.grant(seq);
  world.settle();
  REQUIRE(world.children[1].ring.size() > 1);
  world.start(1);
  world.hear(proto::Scale{1});
  world.settle();
  CHECK(world.children[1].ring.empty());
}

TEST_CASE("a worker has more children again, at most as many as it has places") {
  World world{2};
  world.hear(proto::Scale{1});
  world.settle();
  world.die(1, SIGKILL, true);
  world.hear(proto::Scale{9});
  world.settle();
  CHECK(world.wanted == 2);
  CHECK(world.scaled == 2);
  world.spawn(1);
  world.settle();
  CHECK(world.last_credit == 4);
  for (const std::uint64_t seq : {1, 2}) world.grant(seq, "long");
  world.settle();
  CHECK(world.children[0].ring.size() == 1);
  CHECK(world.children[1].ring.size() == 1);
  world.hear(proto::Scale{0});
  CHECK(world.wanted == 1);  // never less than one
}

TEST_CASE("a child that is told to end gets nothing although its place is wanted again") {
  World world{2};
  world.hear(proto::Scale{1});
  world.settle();
  REQUIRE(world.children[1].log == "KILL ");
  world.hear(proto::Scale{2});
  for (const std::uint64_t seq : {1, 2}) world.grant(seq, "long");
  world.settle();
  CHECK(world.children[1].ring.empty());
}

TEST_CASE("a later session tells the present number of children, and a worker that drains keeps it") {
  World world{3};
  world.hear(proto::Scale{2});
  world.settle();
  world.welcome(8);
  CHECK(world.last_hello.worker.children == 2);
  world.foreman.drain(world.now, world.now + 10s);
  world.hear(proto::Scale{3});
  CHECK(world.wanted == 2);
}

}  // namespace scale_test
