// Logs of attempts on their way through the rules of a worker.
#include "tests/unit/worker/foreman_world.h"

namespace foreman_logs_test {

using namespace forkmill;
using namespace forkmill::worker;
using namespace forkmill::worker::tests;

TEST_CASE("a running attempt's output reaches the broker while it runs") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.print(0, 0, "half\n");
  world.settle();
  REQUIRE(world.logs.size() == 1);
  CHECK(world.logs[0].grant == grant_of(1));
  CHECK(world.logs[0].pieces[0].text == "half\n");
  CHECK_FALSE(world.logs[0].last);
  world.finish(0, 100, Verdict::succeeded, Leaving::no, {5, 0});
  world.settle();
  CHECK(world.outcomes.at(1).logs_follow);
  REQUIRE(world.logs.size() == 2);
  CHECK(world.logs[1].last);
}

TEST_CASE("what a command prints reaches the broker with its stream, and what is missing of it is counted") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.say(0, ChildLog{1, 0, "half\n", {}, proto::LogSource::errors, 7});
  world.settle();
  REQUIRE(world.logs.size() == 1);
  REQUIRE(world.logs[0].pieces.size() == 1);
  CHECK(world.logs[0].pieces[0].text == "half\n");
  CHECK(world.logs[0].pieces[0].source == proto::LogSource::errors);
  CHECK(world.logs[0].pieces[0].position == 7);
  CHECK(world.logs[0].end == 12);
  world.finish(0, 100, Verdict::succeeded, Leaving::no, {0, 0});
  world.settle();
  CHECK(world.outcomes.at(1).logs_follow);
  REQUIRE(world.logs.size() == 2);
  CHECK(world.logs[1].last);
}

TEST_CASE("an attempt that prints nothing says nothing of a log") {
  World world{1};
  world.measure(1, 100);
  CHECK_FALSE(world.outcomes.at(1).logs_follow);
  CHECK(world.logs.empty());
}

TEST_CASE("output that comes after the outcome belongs to the attempt that printed it") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.finish(0, 10, Verdict::succeeded, Leaving::no, {0, 0});
  world.settle();
  world.acknowledge();
  world.grant(2);
  world.grant(3);
  world.settle();
  REQUIRE(world.start(0) == 2);
  world.finish(0, 10, Verdict::succeeded, Leaving::no, {4, 0});
  REQUIRE(world.start(0) == 3);
  world.settle();
  CHECK(world.outcomes.at(2).logs_follow);
  CHECK(world.logs.empty());
  world.print(0, 0, "two three");
  world.pass(50ms);
  REQUIRE(world.logs.size() == 2);
  for (const auto& note : world.logs) {
    if (note.grant == grant_of(2)) {
      CHECK(note.pieces[0].text == "two ");
      CHECK(note.last);
    } else {
      CHECK(note.grant == grant_of(3));
      CHECK(note.pieces[0].text == "three");
      CHECK_FALSE(note.last);
    }
  }
}

TEST_CASE("the last words of a child that crashes are in the log of its attempt") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.print(0, 0, "assertion failed\n");
  world.die(0, SIGSEGV);
  world.settle();
  CHECK(world.outcomes.at(1).logs_follow);
  REQUIRE(world.logs.size() == 1);
  CHECK(world.logs[0].pieces[0].text == "assertion failed\n");
  CHECK(world.logs[0].last);
}

TEST_CASE("nothing is sent for a queue whose logs are off, or to a broker that takes none") {
  World world{1};
  proto::LogLimits limits;
  limits.limits.push_back({"", 0});  // the tasks of this world are in a queue without a name
  world.hear(limits);
  world.grant(1);
  world.settle();
  world.start(0);
  world.print(0, 0, "half\n");
  world.settle();
  CHECK(world.logs.empty());
}

TEST_CASE("an attempt that is handed back has no log") {
  World world{1};
  world.grant(1);
  world.settle();
  world.start(0);
  world.print(0, 0, "x");
  world.finish(0, 100, Verdict::shortage, Leaving::no, {1, 0});
  world.settle();
  CHECK(world.returned.size() == 1);
  CHECK(world.logs.empty());
}

}  // namespace foreman_logs_test
