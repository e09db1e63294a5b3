// A broker that is away for a while, or forgets.
#include <forkmill/wait_ready.h>

#include <latch>
#include <memory>
#include <thread>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::outage_test {

TEST_CASE("while the broker is stopped, waits end soon after their limit, and a late item is not lost") {
  Rig rig;
  Queue<int> queue{"q", 0, rig.a};
  Lock lock{"l", rig.a};
  lock.acquire();
  rig.broker.signal(SIGSTOP);
  const auto start = now();
  CHECK_THROWS_AS(queue.get(100ms), Empty);
  CHECK_FALSE((Lock{lock}.acquire(100ms)));
  CHECK(now() - start >= 200ms);
  rig.broker.signal(SIGCONT);
  queue.put(5);
  CHECK(queue.get(10s) == 5);
  lock.release();
  CHECK(lock.acquire(10s));  // the attempt that was given up does not have it
}

TEST_CASE("an item that arrives after its get gave up goes to the next get of any handle") {
  Rig rig;
  auto queue = std::make_unique<Queue<int>>("q", 0, rig.a);
  queue->put(1);
  queue->put(2);
  rig.broker.signal(SIGSTOP);
  CHECK_THROWS_AS(queue->get(100ms), Empty);
  queue.reset();
  rig.broker.signal(SIGCONT);
  const Queue<int> another{"q", 0, rig.a};
  CHECK(another.get(10s) == 1);
  CHECK(another.get(10s) == 2);
}

TEST_CASE("what arrives after its get or recv gave up is seen by poll() and wait()") {
  Rig rig;
  Queue<int> queue{"q", 0, rig.a};
  auto [reader, writer] = pipe<int>(false, rig.a);
  queue.put(1);
  writer.send(2);
  rig.broker.signal(SIGSTOP);
  CHECK_THROWS_AS((void)queue.get(100ms), Empty);
  CHECK_THROWS_AS((void)reader.recv(100ms), Timeout);
  rig.broker.signal(SIGCONT);
  CHECK(eventually([&] { return queue.qsize() == 0; }));  // both have been taken out of the broker
  CHECK(wait({reader, queue}, 10s) == std::vector<std::size_t>{0, 1});
  CHECK(reader.poll());
  CHECK(reader.recv() == 2);
  CHECK(queue.get() == 1);
  CHECK(wait({reader, queue}, 0s).empty());
}

TEST_CASE(
    "a broker that was restarted has forgotten: what was held is lost, what waits learns it, nothing is done twice") {
  Rig rig;
  Lock lock{"l", rig.a};
  Queue<int> queue{"q", 0, rig.a};
  lock.acquire();
  auto waiting = queue.get_async();
  CHECK(queue.qsize() == 0);  // the item has arrived
  rig.broker.end(SIGKILL);
  rig.broker.start();
  CHECK(code_of([&] { waiting.get_for(60s); }) == Errc::disconnected);
  CHECK(code_of([&] { lock.release(); }) == Errc::lease_lost);
  CHECK(lock.token() == 0);
  CHECK(code_of([&] { lock.acquire(); }) == Errc::object_unknown);
  CHECK(Lock{"l", rig.a}.acquire(10s));
}

TEST_CASE("operations begun without a broker are done when it comes") {
  Rig rig;
  Queue<int> queue{"q", 0, rig.a};
  rig.broker.end(SIGTERM);
  std::latch begun{1};
  std::thread other{[&] {
    begun.count_down();
    Queue<int> fresh{"fresh", 0, rig.a};
    fresh.put(1);
    CHECK(fresh.get() == 1);
  }};
  begun.wait();
  rig.broker.start();  // by this thread, with which it ends
  other.join();
}

}  // namespace forkmill::tests::outage_test
