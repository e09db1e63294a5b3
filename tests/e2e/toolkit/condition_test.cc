// Conditions and barriers.
#include <atomic>
#include <set>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests {

TEST_CASE("wait and notify of a condition need the lock, and a wait that times out returns false") {
  Rig rig;
  Condition condition{"c", rig.a};
  CHECK(code_of([&] { condition.wait(0s); }) == Errc::not_held);
  CHECK(code_of([&] { condition.notify(); }) == Errc::not_held);
  const auto hold = condition.guard();
  const auto start = now();
  CHECK_FALSE(condition.wait(100ms));
  CHECK(now() - start >= 100ms);
  CHECK(condition.notify() == 0);
  CHECK_FALSE(condition.wait(0s));  // nothing was stored
}

TEST_CASE("notify(n) wakes at most n waiters, notify_all wakes all, and timeouts leave nothing behind") {
  Rig rig;
  std::atomic<int> waiting{0};
  std::atomic<int> woken{0};
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 5; ++i) {
    sleepers.emplace_back([&, i] {
      Condition condition{"c", i % 2 == 0 ? rig.a : rig.b};
      const auto hold = condition.guard();
      ++waiting;
      if (condition.wait()) ++woken;
    });
  }
  Condition condition{"c", rig.a};
  const auto notify = [&](std::int64_t how_many) {
    const auto hold = condition.guard();
    return condition.notify(how_many);
  };
  REQUIRE(eventually([&] {
    const auto hold = condition.guard();  // a thread that has counted is waiting once the lock is free
    return waiting == 5;
  }));
  {
    const auto hold = condition.guard();
    CHECK_FALSE(condition.wait(10ms));
  }
  CHECK(notify(2) == 2);
  REQUIRE(eventually([&] { return woken == 2; }));
  CHECK(notify(0) == 0);
  CHECK(woken == 2);
  {
    const auto hold = condition.guard();
    CHECK(condition.notify_all() == 3);
  }
  for (auto& sleeper : sleepers) sleeper.join();
  CHECK(woken == 5);
}

TEST_CASE("wait releases a recursive lock fully and acquires it again as many times") {
  Rig rig;
  RLock lock{"r", rig.a};
  Condition condition{lock, rig.a};
  lock.acquire();
  lock.acquire();
  CHECK_FALSE(condition.wait(20ms));
  CHECK(lock.token() > 0);
  lock.release();
  CHECK_FALSE(RLock{"r", rig.b}.try_acquire());
  lock.release();
  CHECK(RLock{"r", rig.b}.try_acquire());
}

TEST_CASE("wait_for returns the last value of the predicate") {
  Rig rig;
  Condition condition{"c", rig.a};
  Value<int> value{"v", 0, rig.a};
  std::thread other{[&] {
    Condition theirs{"c", rig.b};
    Value<int> number{"v", 0, rig.b};
    for (int i = 0; i < 3; ++i) {
      const auto hold = theirs.guard();
      number.add(1);
      theirs.notify();
    }
  }};
  {
    const auto hold = condition.guard();
    CHECK(condition.wait_for([&] { return value.get() == 3; }));
    CHECK_FALSE(condition.wait_for([] { return false; }, 50ms));
    CHECK(condition.wait_for([] { return true; }, 0s));
  }
  other.join();
}

TEST_CASE("a condition is passed to tasks with its lock") {
  Rig rig;
  Lock lock{rig.a};
  Condition condition{lock};
  Condition other{rig.a};
  auto theirs = rig.at_b(other);
  CHECK(theirs.acquire(1s));
  CHECK_FALSE(other.try_lock());
  theirs.release();
  CHECK(code_of([&] { condition.wait(0s); }) == Errc::not_held);
}

TEST_CASE("exactly one party of a barrier gets 0, and the action runs once before any party is released") {
  Rig rig;
  std::atomic<int> actions{0};
  std::atomic<int> too_early{0};
  std::mutex mutex;
  std::multiset<std::int64_t> indices;
  std::vector<std::thread> parties;
  for (int i = 0; i < 4; ++i) {
    parties.emplace_back([&, i] {
      Barrier barrier{"b", 4, [&] { ++actions; }, i % 2 == 0 ? rig.a : rig.b};
      const auto index = barrier.wait();
      if (actions != 1) ++too_early;
      const std::unique_lock lock{mutex};
      indices.insert(index);
    });
  }
  for (auto& party : parties) party.join();
  CHECK(indices == std::multiset<std::int64_t>{0, 1, 2, 3});
  CHECK(actions == 1);
  CHECK(too_early == 0);
}

TEST_CASE("a timeout breaks the barrier for all, and reset makes it usable again") {
  Rig rig;
  Barrier barrier{"b", 3, {}, rig.a};
  Barrier other{"b", 3, {}, rig.b};
  CHECK(barrier.parties() == 3);
  std::thread waits{[&] { CHECK_THROWS_AS(other.wait(), BrokenBarrier); }};
  REQUIRE(eventually([&] { return barrier.n_waiting() == 1; }));
  CHECK_THROWS_AS(barrier.wait(20ms), BrokenBarrier);
  waits.join();
  CHECK(barrier.broken());
  CHECK_THROWS_AS(other.wait(), BrokenBarrier);
  barrier.reset();
  CHECK_FALSE(other.broken());
}

TEST_CASE("abort and reset release the waiters with an error, and the barrier can be used again") {
  Rig rig;
  Barrier barrier{"b", 2, {}, rig.a};
  for (const bool abort : {true, false}) {
    std::thread waits{[&] { CHECK_THROWS_AS((Barrier{"b", 2, {}, rig.b}.wait()), BrokenBarrier); }};
    REQUIRE(eventually([&] { return barrier.n_waiting() == 1; }));
    if (abort)
      barrier.abort();
    else
      barrier.reset();
    waits.join();
    CHECK(barrier.broken() == abort);
    barrier.reset();
  }
  std::thread waits{[&] { Barrier{"b", 2, {}, rig.b}.wait(); }};
  barrier.wait();
  waits.join();
}

TEST_CASE("an action that throws breaks the barrier, and its wait throws the same error") {
  Rig rig;
  std::atomic<int> broken{0};
  std::atomic<int> thrown{0};
  const auto party = [&](Client& client) {
    Barrier barrier{"b", 2, [] { throw std::out_of_range{"action"}; }, client};
    try {
      barrier.wait();
    } catch (const BrokenBarrier&) {
      ++broken;
    } catch (const std::out_of_range&) {
      ++thrown;
    }
  };
  std::thread other{[&] { party(rig.b); }};
  party(rig.a);
  other.join();
  CHECK(broken == 1);
  CHECK(thrown == 1);
}

TEST_CASE("a barrier passes a thousand rounds in lock-step") {
  Rig rig;
  constexpr int kPasses = 1000;
  std::atomic<int> entered{0};
  std::atomic<int> wrong{0};
  const auto party = [&](Client& client) {
    Barrier barrier{"b", 3, {}, client};
    for (int pass = 0; pass < kPasses; ++pass) {
      ++entered;
      barrier.wait();
      if (entered < 3 * (pass + 1)) ++wrong;
    }
  };
  std::thread second{[&] { party(rig.a); }};
  std::thread third{[&] { party(rig.b); }};
  party(rig.b);
  second.join();
  third.join();
  CHECK(wrong == 0);
  CHECK(rig.at_b(Barrier{2, {}, rig.a}).parties() == 2);
}

}  // namespace forkmill::tests
