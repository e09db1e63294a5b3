// The ends of a shared area in two processes, as in a real pool.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>

#include <functional>

#include "tests/unit/worker/ring_kit.h"

namespace ring_process_test {

using namespace forkmill::worker;
using namespace forkmill::worker::test;

namespace {

class Process {
 public:
  explicit Process(const std::function<void()>& body) : pid_{::fork()} {
    if (pid_ != 0) return;
    body();
    ::_exit(0);
  }
  ~Process() { end(SIGKILL); }
  int end(int signal) {
    if (pid_ == 0) return 0;
    int status = 0;
    if (signal != 0) ::kill(pid_, signal);
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

void echo(Pair& pair) {
  ChildEnd child{SharedArea::map(pair.memory.get()), pair.bell.writer()};
  child.born();
  for (;;) {
    const StartedTask task = child.next();
    say_echo(child, task);
    child.finish(task.head.serial);
  }
}

}  // namespace

TEST_CASE("tasks go to another process and come back, one by one and in batches") {
  Pair pair;
  Process child{[&] { echo(pair); }};
  Ear ear;
  std::uint64_t sent = 0;
  for (const std::uint64_t crowd : {1, 1, 1, 10, 1000, 1}) {
    for (std::uint64_t i = 0; i < crowd; ++i)
      pair.link.send(task_head(++sent), "q", forkmill::proto::Payload::copy("hello"));
    pair.link.flush();
    while (ear.results.size() < sent) {
      REQUIRE(pair.wait());
      REQUIRE(ear.read(pair.link));
      pair.link.flush();
    }
  }
  CHECK(ear.results.back().payload == "hello");
  CHECK(ear.results.back().serial == sent);
  CHECK(SharedArea::was_born(pair.memory.get()));
}

TEST_CASE("a result larger than the ring arrives whole") {
  Pair pair;
  Process child{[&] { echo(pair); }};
  Ear ear;
  const std::string large(3'000'000, 'x');
  pair.link.send(task_head(1), "q", forkmill::proto::Payload::copy(large));
  pair.link.flush();
  while (ear.results.empty()) {
    REQUIRE(pair.wait());
    REQUIRE(ear.read(pair.link));
    pair.link.flush();
  }
  CHECK(ear.results[0].payload == large);
}

TEST_CASE("the link knows which tasks a killed child had started") {
  Pair pair;
  Process child{[&] {
    ChildEnd end{SharedArea::map(pair.memory.get()), pair.bell.writer()};
    const StartedTask first = end.next();
    say_echo(end, first);
    end.finish(first.head.serial);
    end.next();
    end.say(kBornRecord, {});
    ::pause();
  }};
  for (std::uint64_t serial = 1; serial <= 3; ++serial) pair.link.send(task_head(serial), "q", {});
  pair.link.flush();
  Ear ear;
  while (ear.born == 0) {
    REQUIRE(pair.wait());
    REQUIRE(ear.read(pair.link));
  }
  child.end(SIGKILL);
  REQUIRE(ear.read(pair.link));
  CHECK(ear.results.size() == 1);
  CHECK(pair.link.started() == std::vector<std::uint64_t>{2});
}

}  // namespace ring_process_test
