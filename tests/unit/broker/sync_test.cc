// Named locks, semaphores, events, conditions and barriers.
#include <limits>

#include "tests/unit/broker/objects.h"

namespace sync_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;

TEST_CASE("a lock has one holder; the others wait in line") {
  Broker broker;
  User a{broker};
  User b{broker};
  User c{broker};
  const auto lock = a.open(ObjectKind::lock, "l");
  const auto first = a.operate(Verb::acquire, lock);
  CHECK(first.code == Errc::ok);
  CHECK(b.code(Verb::acquire, lock) == Errc::timeout);  // a wait of 0 ms
  const auto second = b.begin(Verb::acquire, lock);
  const auto third = c.begin(Verb::acquire, lock);
  CHECK(a.code(Verb::release, lock, first.a) == Errc::ok);
  const auto got = b.answer(second);
  REQUIRE(got);
  CHECK(got->a > first.a);
  CHECK(c.waits(third));
}

TEST_CASE("a plain lock is released by any client, once") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto lock = a.open(ObjectKind::lock, "l");
  CHECK(a.code(Verb::release, lock) == Errc::over_released);
  a.operate(Verb::acquire, lock);
  CHECK(b.code(Verb::release, lock) == Errc::ok);
  CHECK(a.code(Verb::release, lock) == Errc::over_released);
}

TEST_CASE("a recursive lock counts, and only its holder releases it") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto lock = a.open(ObjectKind::lock, "l", 0, kObjectRecursive);
  CHECK(a.operate(Verb::acquire, lock).b == 1);
  const auto waiting = b.begin(Verb::acquire, lock);
  CHECK(a.operate(Verb::acquire, lock).b == 2);                                               // ahead of the waiters
  CHECK(a.operate(Verb::acquire, lock, 0, 0, {}, milliseconds{0}, 7).code == Errc::timeout);  // another thread
  CHECK(b.code(Verb::release, lock) == Errc::not_held);
  CHECK(a.operate(Verb::release, lock).a == 1);
  CHECK(b.waits(waiting));
  CHECK(a.operate(Verb::release, lock).a == 0);
  CHECK(b.answer(waiting));
}

TEST_CASE("the lock of a client that leaves passes on with a higher token, and the old token is refused") {
  Broker broker;
  User a{broker, 77};
  User b{broker};
  const auto lock = b.open(ObjectKind::lock, "l");
  const auto old = a.operate(Verb::acquire, lock);
  const auto waiting = b.begin(Verb::acquire, lock);
  broker.advance_alive(20s, {b.peer()});
  const auto got = b.answer(waiting);
  REQUIRE(got);
  CHECK(got->a > old.a);
  User again{broker, 77};
  CHECK_FALSE(again.kept());
  CHECK(again.code(Verb::release, lock, old.a) == Errc::lease_lost);
  CHECK(b.code(Verb::release, lock, got->a) == Errc::ok);
}

TEST_CASE("a holder that falls silent loses its lock exactly when session_timeout is over") {
  Broker broker;
  User other{broker};
  broker.advance(700ms);
  User holder{broker};
  const auto lock = holder.open(ObjectKind::lock, "l");
  holder.operate(Verb::acquire, lock);
  const auto waiting = other.begin(Verb::acquire, lock);
  const auto end = broker.now.steady + CoreOptions{}.session_timeout;
  while (broker.core().next_wakeup() < end + 1us) {
    broker.advance(broker.core().next_wakeup() - broker.now.steady);
    broker.send(other.peer(), Heartbeat{});
  }
  CHECK(other.waits(waiting));
  CHECK(broker.core().next_wakeup() == end + 1us);
  broker.advance(broker.core().next_wakeup() - broker.now.steady);
  CHECK(other.answer(waiting));
}

TEST_CASE("a semaphore counts down to zero, and may rise above its initial value") {
  Broker broker;
  User user{broker};
  const auto semaphore = user.open(ObjectKind::semaphore, "s", 1);
  const auto token = user.operate(Verb::acquire, semaphore).a;
  CHECK(user.code(Verb::acquire, semaphore) == Errc::timeout);
  CHECK(user.operate(Verb::release, semaphore, token).a == 1);
  CHECK(user.operate(Verb::release, semaphore, 0, 3).a == 4);
}

TEST_CASE("a bounded semaphore does not rise above its initial value") {
  Broker broker;
  User user{broker};
  const auto semaphore = user.open(ObjectKind::semaphore, "s", 2, kObjectBounded);
  CHECK(user.code(Verb::release, semaphore) == Errc::over_released);
  user.operate(Verb::acquire, semaphore);
  CHECK(user.operate(Verb::release, semaphore).a == 2);
}

TEST_CASE("units that come back to a semaphore at the maximum do not overflow it") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto semaphore = b.open(ObjectKind::semaphore, "s", 1);
  a.operate(Verb::acquire, semaphore);
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  CHECK(b.operate(Verb::release, semaphore, 0, kMax).a == kMax);
  a.go();
  CHECK(b.operate(Verb::look, semaphore).a == kMax);
}

TEST_CASE("units of a client that leaves come back, and those that it released do not come back twice") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto semaphore = b.open(ObjectKind::semaphore, "s", 3);
  a.operate(Verb::acquire, semaphore);
  a.operate(Verb::acquire, semaphore);
  const auto token = a.operate(Verb::acquire, semaphore).a;
  const auto waiting = b.begin(Verb::acquire, semaphore);
  a.operate(Verb::release, semaphore, token);
  CHECK(b.answer(waiting));
  a.go();
  CHECK(b.operate(Verb::look, semaphore).a == 2);
  CHECK(b.code(Verb::release, semaphore, token) == Errc::lease_lost);
}

TEST_CASE("a release by tokens gives back the named units and no others, all or none") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto semaphore = a.open(ObjectKind::semaphore, "s", 3);
  const auto tokens = [](const std::vector<std::int64_t>& some) { return std::vector{value(some)}; };
  const auto first = a.operate(Verb::acquire, semaphore).a;
  const auto second = a.operate(Verb::acquire, semaphore).a;
  const auto other = b.operate(Verb::acquire, semaphore).a;
  SUBCASE("tokens of which one is another client's release nothing") {
    CHECK(a.code(Verb::release, semaphore, -1, 2, tokens({first, other})) == Errc::lease_lost);
    CHECK(a.operate(Verb::look, semaphore).a == 0);
    CHECK(a.operate(Verb::release, semaphore, -1, 2, tokens({second, first})).a == 2);
  }
  SUBCASE("a release that names no token leaves the held units held") {
    CHECK(a.operate(Verb::release, semaphore, -1, 1, tokens({})).a == 1);
    a.go();
    CHECK(b.operate(Verb::look, semaphore).a == 3);
  }
  SUBCASE("a release may name one token and add two units") {
    CHECK(a.operate(Verb::release, semaphore, -1, 3, tokens({second})).a == 3);
  }
  SUBCASE("a token is released once") {
    CHECK(a.operate(Verb::release, semaphore, -1, 1, tokens({first})).a == 1);
    CHECK(a.code(Verb::release, semaphore, -1, 1, tokens({first})) == Errc::lease_lost);
  }
  SUBCASE("invalid lists of tokens are refused") {
    CHECK(a.code(Verb::release, semaphore, -1, 1) == Errc::bad_request);
    CHECK(a.code(Verb::release, semaphore, -1, 1, tokens({first, second})) == Errc::bad_request);
    CHECK(a.code(Verb::release, semaphore, -1, 2, tokens({first, first})) == Errc::bad_request);
    CHECK(a.code(Verb::release, semaphore, -1, 1, {bytes("x")}) == Errc::bad_request);
    CHECK(a.operate(Verb::look, semaphore).a == 0);
  }
}

TEST_CASE("a bounded semaphore refuses a stale token as lease_lost, not as over_released") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto semaphore = a.open(ObjectKind::semaphore, "s", 1, kObjectBounded);
  const auto token = a.operate(Verb::acquire, semaphore).a;
  a.operate(Verb::release, semaphore);
  CHECK(a.code(Verb::release, semaphore, token) == Errc::lease_lost);
  CHECK(a.code(Verb::release, semaphore) == Errc::over_released);
}

TEST_CASE("an event lets waiters pass while it is set, and a wait that ends says whether it is") {
  Broker broker;
  User user{broker};
  const auto event = user.open(ObjectKind::event, "e");
  CHECK(user.operate(Verb::wait, event).a == 0);
  const auto waiting = user.begin(Verb::wait, event);
  user.operate(Verb::set, event);
  CHECK(user.answer(waiting)->a == 1);
  CHECK(user.operate(Verb::wait, event).a == 1);
  user.operate(Verb::clear, event);
  CHECK(user.operate(Verb::look, event).a == 0);
}

namespace {

struct Waiters {
  explicit Waiters(std::int64_t flags = 0) {
    lock = a.open(ObjectKind::lock, "l", 0, flags);
    for (User* user : {&a, &b, &c}) {
      condition =
          static_cast<std::uint64_t>(user->try_open({"c", ObjectKind::condition, 0, 0, 0, lock, Durability::memory}).a);
    }
  }
  std::uint64_t wait(User& user, milliseconds how_long = milliseconds{-1}) {
    REQUIRE(user.code(Verb::acquire, lock) == Errc::ok);
    return user.begin(Verb::wait, condition, 0, 0, {}, how_long);
  }
  Broker broker;
  User a{broker};
  User b{broker};
  User c{broker};
  std::uint64_t lock = 0;
  std::uint64_t condition = 0;
};

}  // namespace

TEST_CASE("a waiter of a condition gives up the lock while it waits, and holds it again afterwards") {
  Waiters at;
  const auto number = at.wait(at.a);
  CHECK(at.b.code(Verb::acquire, at.lock) == Errc::ok);
  CHECK(at.b.operate(Verb::notify, at.condition, 1).a == 1);
  CHECK(at.a.waits(number));  // until b gives the lock back
  at.b.operate(Verb::release, at.lock);
  CHECK(at.a.answer(number)->a == 1);
  CHECK(at.a.code(Verb::release, at.lock) == Errc::ok);
}

TEST_CASE("a wait gives up a recursive lock as a whole, and holds it as many times again") {
  Waiters at{kObjectRecursive};
  at.a.operate(Verb::acquire, at.lock);
  const auto number = at.wait(at.a);
  at.b.operate(Verb::acquire, at.lock);
  at.b.operate(Verb::notify, at.condition, 1);
  at.b.operate(Verb::release, at.lock);
  CHECK(at.a.answer(number)->a == 1);
  CHECK(at.a.operate(Verb::look, at.lock).a == 2);
}

TEST_CASE(
    "notify wakes at most the given number of waiters in order, is not stored, and skips waiters that timed out") {
  Waiters at;
  at.c.operate(Verb::acquire, at.lock);
  CHECK(at.c.operate(Verb::notify, at.condition, 5).a == 0);
  at.c.operate(Verb::release, at.lock);
  const auto first = at.wait(at.a, 100ms);
  const auto second = at.wait(at.b);
  broker::test::Broker& broker = at.broker;
  broker.advance(100ms);
  CHECK(at.a.answer(first)->a == 0);  // timed out, and holds the lock again
  at.a.operate(Verb::notify, at.condition, 1);
  at.a.operate(Verb::release, at.lock);
  CHECK(at.b.answer(second)->a == 1);
}

TEST_CASE("waiting for a condition and notifying it need the lock") {
  Waiters at;
  CHECK(at.a.code(Verb::wait, at.condition) == Errc::not_held);
  CHECK(at.a.code(Verb::notify, at.condition, 1) == Errc::not_held);
}

TEST_CASE("a barrier lets its parties pass together, and exactly one has index 0") {
  Broker broker;
  User a{broker};
  User b{broker};
  User c{broker};
  const auto barrier = a.open(ObjectKind::barrier, "b", 3);
  for (int round = 0; round < 1000; ++round) {
    const auto first = a.begin(Verb::wait, barrier);
    const auto second = b.begin(Verb::wait, barrier);
    CHECK(a.waits(first));
    const auto third = c.begin(Verb::wait, barrier);
    const std::set<std::int64_t> indices{a.answer(first)->a, b.answer(second)->a, c.answer(third)->a};
    CHECK(indices == std::set<std::int64_t>{0, 1, 2});
  }
}

TEST_CASE("the action of a barrier runs before any party passes, and its failure breaks the barrier") {
  Broker broker;
  User a{broker};
  User b{broker};
  User late{broker};
  const auto barrier = a.open(ObjectKind::barrier, "b", 2);
  const auto first = a.begin(Verb::wait, barrier, 0, 1);
  const auto second = b.operate(Verb::wait, barrier, 0, 1);
  REQUIRE(second.b != 0);
  CHECK(a.waits(first));
  const auto early = late.begin(Verb::wait, barrier, 0, 1);  // a party of the next round
  b.operate(Verb::acted, barrier, 1, second.b);
  CHECK(a.answer(first)->a == 1);
  CHECK(late.waits(early));
  const auto fourth = a.operate(Verb::wait, barrier, 0, 1);
  CHECK(a.code(Verb::acted, barrier, 0, fourth.b) == Errc::ok);
  CHECK(late.answer(early)->code == Errc::barrier_broken);
  CHECK(a.code(Verb::wait, barrier) == Errc::barrier_broken);
}

namespace {

// Acting: a barrier of two parties; b runs the action, and a waits for its end.
struct Acting {
  Broker broker;
  User a{broker};
  User b{broker};
  std::uint64_t barrier = a.open(ObjectKind::barrier, "b", 2);
  std::uint64_t first = a.begin(Verb::wait, barrier, 0, 1);
  OperationAnswer last = b.operate(Verb::wait, barrier, 0, 1);
};

}  // namespace

TEST_CASE("the action of a round that was reset lets no party pass in the next round") {
  Acting at;
  CHECK(at.a.code(Verb::reset, at.barrier) == Errc::ok);
  const auto first = at.a.begin(Verb::wait, at.barrier, 0, 1);
  const auto last = at.b.operate(Verb::wait, at.barrier, 0, 1);
  CHECK(at.b.code(Verb::acted, at.barrier, 1, at.last.b) == Errc::barrier_broken);
  CHECK(at.a.waits(first));
  CHECK(at.b.code(Verb::acted, at.barrier, 1, last.b) == Errc::ok);
  CHECK(at.a.answer(first)->code == Errc::ok);
}

TEST_CASE("parties that arrive while an action runs pass in rounds of their own, however many there are") {
  Acting at;
  std::vector<std::uint64_t> early;
  for (int i = 0; i < 6; ++i) early.push_back(at.a.begin(Verb::wait, at.barrier));
  at.b.operate(Verb::acted, at.barrier, 1, at.last.b);
  for (const auto number : early) {
    const auto answer = at.a.answer(number);
    REQUIRE(answer);
    CHECK(answer->code == Errc::ok);
  }
}

TEST_CASE(
    "the client that runs the action of a barrier is shown as its holder, and breaks the barrier when it leaves") {
  Acting at;
  CHECK(holders(at.broker, at.a.peer(), "b") == 1);
  at.b.go();
  CHECK(holders(at.broker, at.a.peer(), "b") == 0);
  CHECK(at.a.answer(at.first)->code == Errc::barrier_broken);
}

TEST_CASE("the action of a barrier is run by a waiting party that has it when the last to arrive does not") {
  Broker broker;
  User a{broker};
  User b{broker};
  User c{broker};
  const auto barrier = a.open(ObjectKind::barrier, "b", 3, kObjectActs);
  for (int round = 0; round < 3; ++round) {
    const auto first = a.begin(Verb::wait, barrier);
    const auto second = b.begin(Verb::wait, barrier, 0, 1);
    const auto last = c.begin(Verb::wait, barrier, 0, 0, {}, milliseconds{round == 1 ? 0 : -1});
    const auto acts = b.answer(second);
    REQUIRE(acts);
    CHECK(acts->a == 2);
    CHECK(acts->b != 0);
    CHECK(a.waits(first));
    CHECK(c.waits(last));
    CHECK(holders(broker, a.peer(), "b") == 1);
    CHECK(b.code(Verb::acted, barrier, 1, acts->b) == Errc::ok);
    CHECK(a.answer(first)->a == 1);
    CHECK(c.answer(last)->a == 0);
  }
}

TEST_CASE("a barrier with an action breaks when no waiting party has the action, and says why") {
  Broker broker;
  User maker{broker};
  User a{broker};
  User b{broker};
  const auto barrier = maker.open(ObjectKind::barrier, "b", 2);
  auto first = a.begin(Verb::wait, barrier);
  CHECK(b.operate(Verb::wait, barrier).code == Errc::ok);  // no client has given an action so far
  CHECK(a.answer(first)->code == Errc::ok);
  CHECK(maker.open(ObjectKind::barrier, "b", 2, kObjectActs) == barrier);
  first = a.begin(Verb::wait, barrier);
  const auto last = b.operate(Verb::wait, barrier);
  for (const auto& answer : {last, *a.answer(first), a.operate(Verb::wait, barrier)}) {
    CHECK(answer.code == Errc::barrier_broken);
    CHECK(answer.text.find("none of the parties that wait has the action") != std::string::npos);
  }
  CHECK(maker.operate(Verb::look, barrier).b == 5);
  a.operate(Verb::reset, barrier);
  a.begin(Verb::wait, barrier);
  CHECK(maker.operate(Verb::wait, barrier, 0, 1).b != 0);
}

TEST_CASE("a party that was to run the action and leaves, fails or is too late breaks the barrier for all") {
  for (const char* how : {"leaves", "fails", "is aborted", "is reset"}) {
    CAPTURE(how);
    Broker broker;
    User a{broker};
    User b{broker};
    const auto barrier = a.open(ObjectKind::barrier, "b", 2, kObjectActs);
    const auto first = a.begin(Verb::wait, barrier, 0, 1);
    const auto last = b.begin(Verb::wait, barrier);
    const auto acts = a.answer(first);
    REQUIRE(acts->b != 0);
    if (how == std::string_view{"leaves"}) a.go();
    if (how == std::string_view{"fails"}) CHECK(a.code(Verb::acted, barrier, 0, acts->b) == Errc::ok);
    if (how == std::string_view{"is aborted"}) CHECK(b.code(Verb::abort, barrier) == Errc::ok);
    if (how == std::string_view{"is reset"}) CHECK(b.code(Verb::reset, barrier) == Errc::ok);
    const auto broken = b.answer(last);
    REQUIRE(broken);
    CHECK(broken->code == Errc::barrier_broken);
    if (how == std::string_view{"is aborted"} || how == std::string_view{"is reset"})
      CHECK(a.code(Verb::acted, barrier, 1, acts->b) == Errc::barrier_broken);
  }
}

TEST_CASE("the time limit of a party is one of the arrival: it is not over while the action runs") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto barrier = a.open(ObjectKind::barrier, "b", 2);
  auto first = a.begin(Verb::wait, barrier, 0, 0, {}, 50ms);
  auto last = b.operate(Verb::wait, barrier, 0, 1);
  broker.advance(100ms);
  CHECK(a.waits(first));
  CHECK(b.code(Verb::acted, barrier, 1, last.b) == Errc::ok);
  CHECK(a.answer(first)->code == Errc::ok);
  first = a.begin(Verb::wait, barrier, 0, 0, {}, 50ms);
  last = b.operate(Verb::wait, barrier, 0, 1);
  broker.advance(100ms);
  CHECK(a.operate(Verb::withdraw, 0, static_cast<std::int64_t>(first)).a == 1);  // a client that gives up breaks it
  CHECK(a.answer(first)->code == Errc::barrier_broken);
  CHECK(b.code(Verb::acted, barrier, 1, last.b) == Errc::barrier_broken);
}

TEST_CASE("a barrier of more parties than can be counted is refused") {
  Broker broker;
  User user{broker};
  const ObjectSpec spec{"b", ObjectKind::barrier, 0, INT64_MAX, 0, 0, Durability::memory};
  CHECK(user.try_open(spec).code == Errc::option_out_of_range);
}

TEST_CASE("a waiter that times out or leaves breaks the barrier for all, and reset mends it") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto barrier = a.open(ObjectKind::barrier, "b", 3);
  auto first = a.begin(Verb::wait, barrier);
  auto second = b.begin(Verb::wait, barrier, 0, 0, {}, 50ms);
  broker.advance(50ms);
  CHECK(a.answer(first)->code == Errc::barrier_broken);
  CHECK(b.answer(second)->code == Errc::barrier_broken);
  CHECK(a.operate(Verb::look, barrier).b == 7);
  a.operate(Verb::reset, barrier);
  first = a.begin(Verb::wait, barrier);
  CHECK(b.code(Verb::reset, barrier) == Errc::ok);
  CHECK(a.answer(first)->code == Errc::barrier_broken);
  first = a.begin(Verb::wait, barrier);
  b.begin(Verb::wait, barrier);
  b.go();
  CHECK(a.answer(first)->code == Errc::barrier_broken);
}

}  // namespace sync_test
