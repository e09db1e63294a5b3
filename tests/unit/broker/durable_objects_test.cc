// Named objects that outlive the broker.
#include "tests/unit/broker/objects.h"

namespace durable_objects_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;

namespace {

// Lasting: a broker on a durable store, which outlives restarts of the broker.
struct Lasting {
  MemoryStore store{"s", true};
  Broker broker{{}, &store};
};

std::uint64_t open(User& user, ObjectKind kind, const std::string& name, std::int64_t size = 0) {
  return user.open(kind, name, size, 0, 0, Durability::durable);
}

}  // namespace

TEST_CASE("a change of a durable object is answered after its commit") {
  Lasting at;
  User user{at.broker};
  const auto queue = open(user, ObjectKind::queue, "q");
  at.broker.hold_commits();
  const auto number = user.begin(Verb::put, queue, 0, 0, {bytes("x")});
  CHECK(user.waits(number));
  at.broker.release_commits();
  CHECK(user.answer(number)->a == 1);
}

TEST_CASE("while the disk is full, durable objects take nothing in, and give out what they have") {
  Lasting at;
  User user{at.broker};
  const auto queue = open(user, ObjectKind::queue, "q");
  const auto fleeting = user.open(ObjectKind::queue, "m");
  CHECK(user.operate(Verb::put, queue, 0, 0, {bytes("x")}).a == 1);
  at.broker.core().set_disk_full(true);
  CHECK(user.code(Verb::put, queue, 0, 0, {bytes("y")}) == Errc::disk_full);
  CHECK(user.operate(Verb::put, fleeting, 0, 0, {bytes("y")}).a == 1);
  CHECK(user.operate(Verb::get, queue, 9).values == std::vector{bytes("x")});
  at.broker.core().set_disk_full(false);
  CHECK(user.operate(Verb::put, queue, 0, 0, {bytes("y")}).a == 1);
}

TEST_CASE("a durable queue outlives the broker, and one in memory does not") {
  Lasting at;
  User user{at.broker, 5};
  const auto queue = open(user, ObjectKind::queue, "q");
  const auto fleeting = user.open(ObjectKind::queue, "m");
  user.operate(Verb::put, queue, 0, 0, {bytes("1"), bytes("2"), bytes("3")});
  user.operate(Verb::get, queue, 1);
  at.broker.restart();
  user.connect();
  CHECK(user.kept());
  CHECK(user.code(Verb::look, fleeting) == Errc::object_unknown);
  CHECK(open(user, ObjectKind::queue, "q") == queue);
  CHECK(user.operate(Verb::look, queue).b == 3);
  CHECK(user.operate(Verb::get, queue, 9).values == std::vector{bytes("2"), bytes("3")});
}

TEST_CASE("an operation whose answer was lost with the broker is not done again") {
  Lasting at;
  User user{at.broker, 5};
  const auto queue = open(user, ObjectKind::queue, "q");
  const Operation put{50, Verb::put, queue, 0, milliseconds{-1}, 0, 0, {bytes("x")}, {}};
  user.send(put);
  at.broker.restart();
  user.connect();
  user.send(put);
  CHECK(user.answer(50)->a == 1);
  CHECK(user.operate(Verb::look, queue).a == 1);
}

TEST_CASE("a waiting put that was half done ends with the restart, and says how many items went in") {
  Lasting at;
  User user{at.broker, 5};
  const auto queue = open(user, ObjectKind::queue, "q", 2);
  const Operation put{50, Verb::put, queue, 0, milliseconds{-1}, 0, 0, {bytes("1"), bytes("2"), bytes("3")}, {}};
  user.send(put);
  CHECK(user.waits(50));
  at.broker.restart();
  user.connect();
  user.send(put);
  const auto ended = user.answer(50);
  REQUIRE(ended);
  CHECK(ended->code == Errc::object_full);
  CHECK(ended->a == 2);
  CHECK(user.operate(Verb::get, queue, 9).values == std::vector{bytes("1"), bytes("2")});
}

TEST_CASE("a lock stays with a client that comes back, and passes on from one that does not") {
  Lasting at;
  User holder{at.broker, 5};
  User other{at.broker, 6};
  const auto lock = open(holder, ObjectKind::lock, "l");
  const auto token = holder.operate(Verb::acquire, lock).a;
  at.broker.restart();
  holder.connect();
  other.connect();
  const auto waiting = other.begin(Verb::acquire, lock);
  CHECK(other.waits(waiting));
  CHECK(holder.code(Verb::release, lock, token) == Errc::ok);
  const auto next = other.answer(waiting);
  REQUIRE(next);
  CHECK(next->a > token);
  at.broker.restart();
  User third{at.broker, 7};
  const auto last = third.begin(Verb::acquire, lock);
  at.broker.advance_alive(20s, {third.peer()});
  const auto passed = third.answer(last);
  REQUIRE(passed);
  CHECK(passed->a > next->a);
}

TEST_CASE("unsettled items go back to the queue when their reader does not return after a restart") {
  Lasting at;
  User reader{at.broker, 5};
  const auto queue = open(reader, ObjectKind::queue, "q");
  reader.operate(Verb::put, queue, 0, 0, {bytes("1"), bytes("2")});
  const auto lent = reader.operate(Verb::get, queue, 1, 1).a;
  at.broker.restart();
  User other{at.broker, 6};
  CHECK(other.operate(Verb::get, queue, 9).values == std::vector{bytes("2")});
  SUBCASE("the reader returns and settles the item") {
    reader.connect();
    CHECK(reader.code(Verb::settle, queue, lent, 1) == Errc::ok);
    at.broker.restart();
    other.connect();
    CHECK(other.operate(Verb::look, queue).a == 0);
  }
  SUBCASE("the reader does not return") {
    at.broker.advance_alive(20s, {other.peer()});
    CHECK(other.operate(Verb::get, queue, 9).values == std::vector{bytes("1")});
  }
}

TEST_CASE("items that went back in another order than they were read belong to no reader after a restart") {
  Lasting at;
  User reader{at.broker, 5};
  const auto queue = open(reader, ObjectKind::queue, "q");
  reader.operate(Verb::put, queue, 0, 0, {bytes("1"), bytes("2"), bytes("3")});
  const auto first = reader.operate(Verb::get, queue, 1, 1).a;
  const auto second = reader.operate(Verb::get, queue, 1, 1).a;
  reader.operate(Verb::settle, queue, first, 0);
  reader.operate(Verb::settle, queue, second, 0);
  at.broker.restart();
  User other{at.broker, 6};
  CHECK(other.operate(Verb::get, queue, 9).values == std::vector{bytes("1"), bytes("2"), bytes("3")});
}

TEST_CASE("dicts, lists, semaphores and events outlive the broker unchanged") {
  Lasting at;
  User user{at.broker, 5};
  const auto dict = open(user, ObjectKind::dict, "d");
  const auto list = open(user, ObjectKind::list, "l");
  const auto semaphore = open(user, ObjectKind::semaphore, "s", 3);
  const auto event = open(user, ObjectKind::event, "e");
  user.operate(Verb::store, dict, 0, 0, {bytes("a"), value(1), bytes("b"), value(2), bytes("c"), value(3)});
  user.operate(Verb::erase, dict, 0, 0, {bytes("b")});
  user.operate(Verb::add, dict, 0, 0, {bytes("a"), value(10)});
  user.operate(Verb::append, list, 0, 0, {value(1), value(2)});
  user.operate(Verb::acquire, semaphore);
  user.operate(Verb::set, event);
  const auto version = user.operate(Verb::look, dict).b;
  at.broker.restart();
  user.connect();
  CHECK(user.operate(Verb::items, dict, 3).values == std::vector{bytes("a"), value(11), bytes("c"), value(3)});
  CHECK(user.operate(Verb::look, dict).b == version);
  CHECK(user.operate(Verb::items, list).values == std::vector{value(1), value(2)});
  CHECK(user.operate(Verb::look, semaphore).a == 2);
  CHECK(user.operate(Verb::look, event).a == 1);
  user.operate(Verb::clear, dict);
  at.broker.restart();
  user.connect();
  CHECK(user.operate(Verb::look, dict).a == 0);
}

TEST_CASE("a removed object and its contents stay removed after a restart") {
  Lasting at;
  User user{at.broker, 5};
  const auto queue = open(user, ObjectKind::queue, "q");
  user.operate(Verb::put, queue, 0, 0, {bytes("1"), bytes("2")});
  user.operate(Verb::get, queue, 1, 1);
  user.operate(Verb::remove, queue);
  user.go();
  std::size_t records = 0;
  REQUIRE(at.store.load_records([&](TaskSeq, std::string_view) { ++records; }).ok());
  CHECK(records == 0);
  at.broker.restart();
  User again{at.broker};
  CHECK(again.try_open({"q", ObjectKind::queue, 0, 0, kObjectMustExist}).code == Errc::object_unknown);
}

TEST_CASE("an invalid record is refused, and the error names its number") {
  Lasting at;
  const auto refused = [&](std::string_view bytes) {
    try {
      at.broker.core().recover_record(TaskSeq{7}, bytes);
    } catch (const std::runtime_error& error) {
      return std::string{error.what()}.find("record 7 ") != std::string::npos;
    }
    return false;
  };
  CHECK(refused(""));
  CHECK(refused("\xdd\xff\xff\xff\xff"));                               // four billion elements
  CHECK(refused("\x92\x01\xc0"));                                       // an object that is nil
  CHECK(refused("\x92\x02\x90"));                                       // a part of nothing
  CHECK(refused("\x92\x63\x91\x01"));                                   // a record of a kind from the future
  CHECK(refused("\x92\x01\x99\x01\xa1q\x63\x01\x01\x01\x01\x01\xc0"));  // an object of a kind from the future
  const std::string_view huge{"\x92\x01\x99\x01\xa1q\x09\x00\xd3\x7f\0\0\0\0\0\0\0\x04\x00\x00\x92\x00\x90", 23};
  CHECK(refused(huge));  // a list of fixed length that is far too long
  const std::string_view below{"\x92\x01\x99\x01\xa1q\x02\x00\x02\x00\x00\x00\x93\xf7\x00\x80", 16};
  CHECK(refused(below));  // a semaphore below zero
  const std::string_view above{"\x92\x01\x99\x01\xa1q\x02\x00\x02\x02\x00\x00\x93\x03\x00\x80", 16};
  CHECK(refused(above));  // a bounded semaphore above its bound
  const std::string_view idle{"\x92\x01\x99\x01\xa1q\x02\x00\x02\x00\x00\x00\x93\x01\x00\x81\x05\x90", 18};
  CHECK(refused(idle));  // a semaphore with a holder of zero units
  const std::string_view lock{"\x92\x01\x99\x01\xa1q\x01\x00\x00\x00\x00\x00\x95\x00\x00\x00\x00\x00", 18};
  CHECK_FALSE(refused(lock));
  CHECK(refused(lock));  // the same lock a second time
}

TEST_CASE("a forced release of an object is answered after its commit") {
  Lasting at;
  User user{at.broker};
  User operating{at.broker};
  const auto lock = open(user, ObjectKind::lock, "l");
  user.operate(Verb::acquire, lock);
  at.broker.hold_commits();
  at.broker.send(operating.peer(), Command{1, ReleaseObject{"l"}});
  CHECK(at.broker.take<Reply>(operating.peer()).empty());
  at.broker.release_commits();
  CHECK(at.broker.take<Reply>(operating.peer()).size() == 1);
}

TEST_CASE("a waiter of a durable condition still waits after a restart, and holds the lock again when it wakes") {
  Lasting at;
  User sleeper{at.broker, 5};
  User other{at.broker, 6};
  const auto lock = open(sleeper, ObjectKind::lock, "l");
  const auto condition =
      static_cast<std::uint64_t>(sleeper.try_open({"c", ObjectKind::condition, 0, 0, 0, lock, Durability::durable}).a);
  sleeper.operate(Verb::acquire, lock);
  const auto waits = sleeper.begin(Verb::wait, condition);
  at.broker.restart();
  other.connect();
  // The sleeper is notified although it has not come back yet.
  CHECK(other.operate(Verb::acquire, lock).code == Errc::ok);
  CHECK(other.operate(Verb::notify, condition, 1).a == 1);
  at.broker.restart();
  sleeper.connect();
  other.connect();
  CHECK(sleeper.waits(waits));
  CHECK(other.code(Verb::release, lock) == Errc::ok);
  const auto woken = sleeper.answer(waits);
  REQUIRE(woken);
  CHECK(woken->code == Errc::ok);
  CHECK(woken->a == 1);
  CHECK(sleeper.code(Verb::release, lock, woken->b) == Errc::ok);
}

TEST_CASE("a repeated notification whose answer was lost with the broker wakes no other waiter") {
  Lasting at;
  User first{at.broker, 5};
  User second{at.broker, 6};
  User other{at.broker, 7};
  const auto lock = open(first, ObjectKind::lock, "l");
  const auto condition =
      static_cast<std::uint64_t>(first.try_open({"c", ObjectKind::condition, 0, 0, 0, lock, Durability::durable}).a);
  for (User* sleeper : {&first, &second}) {
    sleeper->operate(Verb::acquire, lock);
    sleeper->begin(Verb::wait, condition);
  }
  other.operate(Verb::acquire, lock);
  Operation notify{100, Verb::notify, condition, 0, {}, 1, 0, {}, {}};
  other.send(notify);
  at.broker.restart();
  other.connect();
  const auto again = other.answer(other.send(notify));
  REQUIRE(again);
  CHECK(again->a == 1);
  CHECK(other.operate(Verb::look, condition).a == 1);  // the second waiter still waits
}

TEST_CASE("a client is told of the loss of its objects after the commit of that loss") {
  Lasting at;
  User user{at.broker, 5};
  const auto lock = open(user, ObjectKind::lock, "l");
  user.operate(Verb::acquire, lock);
  at.broker.hold_commits();
  for (int i = 0; i < 8; ++i) at.broker.advance(2s);
  Hello hello;
  hello.instance = 5;
  hello.resume = user.peer().session;
  const auto back = at.broker.connect(hello);
  CHECK(back.session == SessionId{});
  at.broker.release_commits();
  const auto welcomes = at.broker.take<Welcome>(back.id);
  REQUIRE(welcomes.size() == 1);
  CHECK_FALSE(welcomes[0].kept);
}

TEST_CASE("a client that returned and fell silent again is told of the loss of its objects after the commit") {
  Lasting at;
  User user{at.broker, 5};
  const auto lock = open(user, ObjectKind::lock, "l");
  user.operate(Verb::acquire, lock);
  at.broker.hold_commits();
  Hello hello;
  hello.instance = 5;
  hello.resume = user.peer().session;
  Broker::Peer back;
  for (int time = 0; time < 2; ++time) {
    for (int i = 0; i < 8; ++i) at.broker.advance(2s);
    back = at.broker.connect(hello);
    CHECK(back.session == SessionId{});
  }
  at.broker.release_commits();
  const auto welcomes = at.broker.take<Welcome>(back.id);
  REQUIRE(welcomes.size() == 1);
  CHECK_FALSE(welcomes[0].kept);
}

TEST_CASE("a condition is as durable as its lock") {
  Lasting at;
  User user{at.broker, 5};
  const auto lock = user.open(ObjectKind::lock, "l");
  CHECK(user.try_open({"c", ObjectKind::condition, 0, 0, 0, lock, Durability::durable}).code == Errc::ok);
  at.broker.restart();
  user.connect();
  const auto anew = user.open(ObjectKind::lock, "l");
  CHECK(user.try_open({"c", ObjectKind::condition, 0, 0, 0, anew, Durability::durable}).code == Errc::ok);
}

}  // namespace durable_objects_test
