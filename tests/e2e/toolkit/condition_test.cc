// Conditions and barriers.
#include <atomic>
#include <set>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::condition_test {

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
  sleepers.reserve(5);
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

TEST_CASE("a lock that is held through one handle is waited with and released through any other of this client") {
  Rig rig;
  const auto again = [&](const auto& handle) {
    const detail::ClientScope scope{ObjectOptions{rig.a}.engine().get()};
    return unpack_value<std::decay_t<decltype(handle)>>(pack_value(handle));
  };
  SUBCASE("a lock and its condition, as two arguments of a task") {
    Lock made{"l", rig.a};
    auto lock = again(made);
    auto condition = again(Condition{"c", made});
    {
      const std::lock_guard hold{lock};
      CHECK_FALSE(condition.wait(10ms));
      CHECK(lock.token() == 2);
    }
    CHECK_FALSE(made.locked());
  }
  SUBCASE("a recursive lock, several times") {
    RLock made{"l", rig.a};
    auto lock = again(made);
    auto condition = again(Condition{"c", made});
    lock.acquire();
    condition.acquire();
    made.acquire();
    CHECK_FALSE(condition.wait(10ms));
    condition.release();
    lock.release();
    CHECK(made.locked());
    made.release();
    CHECK_FALSE(made.locked());
  }
  SUBCASE("one lock opened twice by name") {
    Lock first{"l", rig.a};
    Condition condition{"c", Lock{"l", rig.a}};
    first.acquire();
    CHECK_FALSE(condition.wait(10ms));
    CHECK(Lock{"l", rig.a}.token() == first.token());
    first.release();
    CHECK_FALSE(first.locked());
    CHECK(first.token() == 0);
  }
  SUBCASE("a handle that goes while the lock is held") {
    Lock{"l", rig.a}.acquire();
    Lock second{"l", rig.a};
    CHECK(second.token() == 1);
    second.release();
    CHECK_FALSE(second.locked());
  }
}

TEST_CASE("a lock that is acquired by a future belongs to the thread that asked for it") {
  Rig rig;
  Lock lock{"l", rig.a};
  Condition condition{"c", lock};
  REQUIRE(lock.acquire_async().get());
  CHECK_FALSE(condition.wait(10ms));
  CHECK(lock.token() == 2);
  lock.release();
  CHECK_FALSE(lock.locked());
}

TEST_CASE("exactly one party of a barrier gets 0, and the action runs once before any party is released") {
  Rig rig;
  std::atomic<int> actions{0};
  std::atomic<int> too_early{0};
  std::mutex mutex;
  std::multiset<std::int64_t> indices;
  std::vector<std::thread> parties;
  parties.reserve(4);
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

TEST_CASE("the action of a barrier is run by the party that has it when another one comes last") {
  Rig rig;
  std::atomic<int> actions{0};
  Barrier barrier{2, [&] { ++actions; }, rig.a};
  auto theirs = rig.at_b(barrier);  // the action does not travel
  for (int round = 1; round <= 3; ++round) {
    std::thread first{[&] { CHECK(barrier.wait(10s) == 1); }};
    REQUIRE(eventually([&] { return theirs.n_waiting() == 1; }));
    CHECK(theirs.wait(10s) == 0);
    first.join();
    CHECK(actions == round);
  }
  std::thread first{[&] { CHECK_THROWS_AS(theirs.wait(), BrokenBarrier); }};
  REQUIRE(eventually([&] { return barrier.n_waiting() == 1; }));
  auto others = rig.at_b(barrier);
  CHECK_THROWS_WITH_AS(others.wait(), doctest::Contains("none of the parties that wait has the action"), BrokenBarrier);
  first.join();
  CHECK(barrier.broken());
  CHECK(actions == 3);
}

TEST_CASE("a party passes that reaches its time limit while the action runs") {
  Rig rig;
  std::atomic<bool> go_on{false};
  const auto wait = [&] { CHECK(eventually([&] { return go_on.load(); })); };
  Barrier acts{"b", 2, wait, rig.a};
  Barrier other{"b", 2, {}, rig.b};
  std::thread first{[&] {
    CHECK(other.wait(100ms) == 1);
    CHECK(go_on);
  }};
  REQUIRE(eventually([&] { return acts.n_waiting() == 1; }));
  std::thread last{[&] { CHECK(acts.wait() == 0); }};
  std::this_thread::sleep_for(3s);  // longer than the limit and the time that a client adds to it
  go_on = true;
  first.join();
  last.join();
}

TEST_CASE("a barrier has a default time limit, which travels, and a limit of one wait comes before it") {
  Rig rig;
  Barrier barrier{"b", 2, {}, 20ms, rig.a};
  CHECK_THROWS_AS(barrier.wait(), BrokenBarrier);
  barrier.reset();
  auto theirs = rig.at_b(barrier);
  CHECK_THROWS_AS(theirs.wait(), BrokenBarrier);
  barrier.reset();
  std::thread first{[&] { CHECK(barrier.wait(60s) == 1); }};
  REQUIRE(eventually([&] { return barrier.n_waiting() == 1; }));
  // A wait that began later, and has the default limit, ends by it.
  CHECK_THROWS_AS((Barrier{"later", 2, {}, 20ms, rig.a}.wait()), BrokenBarrier);
  CHECK(theirs.wait() == 0);
  first.join();
  CHECK_THROWS_AS((Barrier{2, {}, 0s, rig.a}.wait()), BrokenBarrier);
  CHECK_THROWS_AS((Barrier{2, {}, -1s, rig.a}.wait()), BrokenBarrier);
  CHECK(Barrier{1, {}, 0s, rig.a}.wait() == 0);
}

TEST_CASE("a manager makes barriers with actions and time limits, and conditions with a given lock") {
  Rig rig;
  Manager manager{rig.a};
  int actions = 0;
  CHECK(manager.barrier(1, [&] { ++actions; }).wait() == 0);
  CHECK(actions == 1);
  CHECK_THROWS_AS(manager.barrier(2, {}, 1ms).wait(), BrokenBarrier);
  auto lock = manager.lock();
  auto condition = manager.condition(lock);
  const std::lock_guard hold{lock};
  CHECK_FALSE(condition.wait(0s));
  CHECK(condition.notify_all() == 0);
  CHECK(manager.condition().acquire(1s));
}

TEST_CASE("the options of a condition with a given lock count") {
  Rig rig;
  const Lock lock{"l", rig.a};
  CHECK(code_of([&] { Condition{"c", lock, ObjectOptions{}.must_exist()}; }) == Errc::object_unknown);
  std::optional<Client> maker{rig.broker.endpoint()};
  const Lock theirs{"l", *maker};
  const Condition made{"c", theirs, ObjectOptions{}.must_be_new().owned()};
  CHECK(code_of([&] { Condition{"c", lock, ObjectOptions{}.must_be_new()}; }) == Errc::object_exists);
  CHECK(code_of([&] { Condition{"c", lock, ObjectOptions{}.must_exist()}; }) == Errc::ok);
  maker.reset();
  CHECK(eventually([&] {
    return code_of([&] { Condition{"c", lock, ObjectOptions{}.must_exist()}; }) == Errc::object_unknown;
  }));
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

}  // namespace forkmill::tests::condition_test
