// Locks, semaphores and events.
#include <atomic>
#include <mutex>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::lock_test {

TEST_CASE("a lock has one holder; non-blocking and timed attempts return false in time") {
  Rig rig;
  Lock mine{"l", rig.a};
  Lock theirs{"l", rig.b};
  CHECK(mine.acquire());
  CHECK(mine.locked());
  CHECK_FALSE(theirs.try_acquire());
  CHECK_FALSE(theirs.acquire(-1s));
  const auto start = now();
  CHECK_FALSE(theirs.acquire(200ms));
  CHECK(now() - start >= 200ms);
  mine.release();
  CHECK(theirs.try_acquire());
  theirs.release();
}

TEST_CASE("over-release of a lock is an error, and any thread or client may release it") {
  Rig rig;
  Lock mine{"l", rig.a};
  Lock theirs{"l", rig.b};
  CHECK(code_of([&] { mine.release(); }) == Errc::over_released);
  mine.acquire();
  theirs.release();
  CHECK_FALSE(mine.locked());
  mine.acquire();
  std::thread{[&] { mine.release(); }}.join();
  CHECK_FALSE(mine.locked());
}

TEST_CASE("a lock works with the standard guards, and guard() releases") {
  Rig rig;
  Lock first{"first", rig.a};
  Lock second{"second", rig.a};
  {
    const std::lock_guard hold{first};
    CHECK(first.locked());
  }
  {
    const std::scoped_lock both{first, second};
    CHECK(second.locked());
  }
  {
    std::unique_lock hold{first, std::defer_lock};
    CHECK(hold.try_lock());
    CHECK_FALSE(Lock{"first", rig.b}.try_lock_for(20ms));
  }
  {
    const auto hold = first.guard();
    CHECK(first.locked());
  }
  CHECK_FALSE(first.locked());
}

TEST_CASE("the fencing token rises with each owner") {
  Rig rig;
  Lock mine{"l", rig.a};
  Lock theirs{"l", rig.b};
  CHECK(mine.token() == 0);
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    auto& lock = i % 2 == 0 ? mine : theirs;
    lock.acquire();
    CHECK(lock.token() > last);
    last = lock.token();
    lock.release();
  }
}

TEST_CASE("waiters get a lock in order of arrival") {
  Rig rig;
  Lock lock{"l", rig.a};
  lock.acquire();
  auto first = Lock{"l", rig.b}.acquire_async();
  auto second = Lock{"l", rig.b}.acquire_async(10s);
  CHECK_FALSE(first.ready());
  lock.release();
  CHECK(first.get_for(10s));
  CHECK_FALSE(second.ready());
  Lock{"l", rig.b}.release();
  CHECK(second.get_for(10s));
  CHECK_FALSE(Lock{"l", rig.a}.acquire_async(10ms).get_for(10s));
}

TEST_CASE("a recursive lock is acquired again by its holder and released only by it, as many times") {
  Rig rig;
  RLock mine{"r", rig.a};
  RLock theirs{"r", rig.b};
  mine.acquire();
  CHECK(mine.acquire());
  CHECK_FALSE(theirs.try_acquire());
  CHECK(code_of([&] { theirs.release(); }) == Errc::not_held);
  std::thread{[&] {
    CHECK_FALSE(mine.try_acquire());
    CHECK(code_of([&] { mine.release(); }) == Errc::not_held);
  }}.join();
  mine.release();
  CHECK_FALSE(theirs.try_acquire());
  mine.release();
  CHECK(code_of([&] { mine.release(); }) == Errc::over_released);
  CHECK(theirs.try_acquire());
}

TEST_CASE("a semaphore may rise above its initial value, a bounded one may not") {
  Rig rig;
  Semaphore semaphore{"s", 2, rig.a};
  CHECK(semaphore.value() == 2);
  CHECK(semaphore.acquire());
  CHECK(semaphore.acquire());
  CHECK_FALSE(semaphore.try_acquire());
  CHECK_FALSE(semaphore.acquire(20ms));
  semaphore.release(3);
  CHECK(semaphore.value() == 3);

  BoundedSemaphore bounded{"b", 2, rig.a};
  bounded.acquire();
  bounded.release();
  CHECK(code_of([&] { bounded.release(); }) == Errc::over_released);
  CHECK(bounded.value() == 2);
  const auto hold = bounded.guard();
  CHECK(bounded.value() == 1);
}

TEST_CASE("a semaphore admits as many holders as its value") {
  Rig rig;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> guests;
  for (int i = 0; i < 20; ++i) {
    guests.emplace_back([&, i] {
      Semaphore room{"room", 4, i % 2 == 0 ? rig.a : rig.b};
      const auto hold = room.guard();
      const int here = ++inside;
      for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) continue;
      --inside;
    });
  }
  for (auto& guest : guests) guest.join();
  CHECK(most <= 4);
  CHECK(Semaphore{"room", 4, rig.a}.value() == 4);
}

TEST_CASE("an event has set, clear, is_set, and wait returns the flag") {
  Rig rig;
  Event event{"e", rig.a};
  Event other{"e", rig.b};
  CHECK_FALSE(event.is_set());
  CHECK_FALSE(event.wait(0s));
  const auto start = now();
  CHECK_FALSE(event.wait(100ms));
  CHECK(now() - start >= 100ms);
  auto waiting = other.wait_async();
  event.set();
  CHECK(waiting.get_for(10s));
  CHECK(other.is_set());
  CHECK(other.wait());
  CHECK(other.wait(0s));
  other.clear();
  CHECK_FALSE(event.is_set());
  CHECK_FALSE(event.wait_async(10ms).get_for(10s));
}

TEST_CASE("an event wakes all of ten thousand waiters") {
  Rig rig;
  Event event{"e", rig.a};
  Event other{"e", rig.b};
  std::vector<Future<bool>> waiting;
  for (int i = 0; i < 10'000; ++i) waiting.push_back(event.wait_async());
  CHECK(event.is_set() == false);  // answered after all of them have arrived
  const auto start = now();
  other.set();
  for (auto& one : waiting) CHECK(one.get_for(30s));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - start);
  MESSAGE("milliseconds to wake 10,000: " << took.count());
}

TEST_CASE("a long wait does not hold up other operations") {
  Rig rig;
  Event never{"never", rig.a};
  Value<int> counter{"counter", 0, rig.a};
  auto waiting = never.wait_async();
  for (int i = 0; i < 500; ++i) counter.add(1);
  CHECK(counter.get() == 500);
  CHECK_FALSE(waiting.ready());
  never.set();
  CHECK(waiting.get_for(10s));
}

TEST_CASE("locks, semaphores and events can be passed to tasks") {
  Rig rig;
  Lock lock{rig.a};
  auto theirs = rig.at_b(lock);
  lock.acquire();
  CHECK_FALSE(theirs.try_acquire());
  RLock rlock{rig.a};
  rlock.acquire();
  CHECK_FALSE(rig.at_b(rlock).try_acquire());
  BoundedSemaphore bounded{3, rig.a};
  rig.at_b(bounded).acquire();
  CHECK(bounded.value() == 2);
  Event event{rig.a};
  rig.at_b(event).set();
  CHECK(event.is_set());
  CHECK(signature_of<Lock>() == "forkmill.Lock");
}

}  // namespace forkmill::tests::lock_test
