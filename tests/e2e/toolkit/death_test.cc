// Programs that are killed while they hold something: no other program waits forever.
#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::death_test {

namespace {

// Short, so that the dead are found soon.
const std::vector<std::string> kQuick{"--heartbeat", "100ms", "--session-timeout", "500ms"};

}  // namespace

TEST_CASE("the lock of a killed holder goes to the next waiter with a higher token") {
  Rig rig{kQuick};
  for (const std::string kind : {"lock", "rlock"}) {
    Event{"ready", rig.a}.clear();
    auto holder = rig.peer({kind, kind});
    rig.wait_ready();
    const auto check = [&](auto lock) {
      CHECK_FALSE(lock.try_acquire());
      auto next = lock.acquire_async();
      holder.end(SIGKILL);
      CHECK(next.get_for(30s));
      CHECK(lock.token() >= 2);
      lock.unlock();
    };
    if (kind == "lock")
      check(Lock{kind, rig.a});
    else
      check(RLock{kind, rig.a});
  }
}

TEST_CASE("the units of a killed program return to the semaphore") {
  Rig rig{kQuick};
  auto holder = rig.peer({"semaphore", "s"});
  rig.wait_ready();
  Semaphore semaphore{"s", 2, rig.a};
  CHECK_FALSE(semaphore.try_acquire());
  holder.end(SIGKILL);
  CHECK(semaphore.acquire(30s));
  CHECK(semaphore.acquire(30s));
}

TEST_CASE("an item leased to a killed reader returns to the head of the queue") {
  Rig rig{kQuick};
  Queue<int> queue{"q", 0, rig.a};
  queue.put_many(std::vector{1, 2});
  auto reader = rig.peer({"lease", "q"});
  rig.wait_ready();
  CHECK(queue.qsize() == 1);
  reader.end(SIGKILL);
  REQUIRE(eventually([&] { return queue.qsize() == 2; }));
  CHECK(queue.get() == 1);
}

TEST_CASE("a killed party breaks the barrier for the others") {
  Rig rig{kQuick};
  Barrier barrier{"b", 2, {}, rig.a};
  auto party = rig.peer({"barrier", "b"});
  rig.wait_ready();
  REQUIRE(eventually([&] { return barrier.n_waiting() == 1; }));
  party.end(SIGKILL);
  CHECK(eventually([&] { return barrier.broken(); }));
  CHECK_THROWS_AS(barrier.wait(), BrokenBarrier);
}

TEST_CASE("the pipe end of a killed program is closed") {
  Rig rig{kQuick};
  auto [here, there] = pipe<int>(true, rig.a);
  Queue<Connection<int>> post{"post", 0, rig.a};
  post.put(there);
  there.close();
  auto holder = rig.peer({"pipe", "post"});
  rig.wait_ready();
  CHECK(here.recv(10s) == 7);
  holder.end(SIGKILL);
  CHECK_THROWS_AS(here.recv(30s), EndOfStream);
}

TEST_CASE("objects owned by a killed program are removed, and their waiters are told") {
  Rig rig{kQuick};
  Queue<std::string> names{"names", 0, rig.a};
  auto owner = rig.peer({"owner", "names"});
  rig.wait_ready();
  Lock lock{names.get(), rig.a};
  CHECK(lock.try_acquire());
  auto waiting = Lock{lock.name(), rig.b}.acquire_async();
  owner.end(SIGKILL);
  CHECK(code_of([&] { waiting.get_for(30s); }) == Errc::object_unknown);
}

TEST_CASE("separate programs count under one lock") {
  Rig rig;
  {
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 4; ++i)
      peers.push_back(std::make_unique<Peer>(rig.broker, std::vector<std::string>{"counter", "c", "25"}));
    Value<int> counter{"c", 0, rig.a};
    CHECK(eventually([&] { return counter.get() == 100; }));
  }
}

}  // namespace forkmill::tests::death_test
