// Rules that all named objects share: names, numbers, waiting, sessions that end.
#include "tests/unit/broker/objects.h"
#include "broker/core/objects/spec.h"

namespace objects_test {

using namespace forkmill;
using namespace forkmill::broker::test;
using forkmill::broker::CoreOptions;
using forkmill::broker::MemoryStore;

TEST_CASE("an object is made once, and found by its name") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto made = a.try_open({"l", ObjectKind::lock, 0, 0, 0, 0, Durability::memory});
  const auto found = b.try_open({"l", ObjectKind::lock, 0, 0, 0, 0, Durability::memory});
  CHECK(made.b == 1);
  CHECK(found.b == 0);
  CHECK(made.a == found.a);
}

TEST_CASE("a name stands for one kind, element type, size and flavour") {
  Broker broker;
  User user{broker};
  user.try_open({"x", ObjectKind::queue, 7, 10, 0, 0, Durability::memory});
  const auto opened = [&](ObjectSpec spec) { return user.try_open(std::move(spec)).code; };
  CHECK(opened({"x", ObjectKind::dict, 7, 0, 0, 0, Durability::memory}) == Errc::object_differs);
  CHECK(opened({"x", ObjectKind::queue, 8, 10, 0, 0, Durability::memory}) == Errc::object_differs);
  CHECK(opened({"x", ObjectKind::queue, 7, 11, 0, 0, Durability::memory}) == Errc::object_differs);
  CHECK(opened({"x", ObjectKind::queue, 7, 10, 0, 0, Durability::memory}) == Errc::ok);
  CHECK(opened({"x", ObjectKind::queue, 0, -1, 0, 0, Durability::memory}) == Errc::ok);
  user.open(ObjectKind::lock, "l");
  CHECK(opened({"l", ObjectKind::lock, 0, 0, kObjectRecursive, 0, Durability::memory}) == Errc::object_differs);
}

TEST_CASE("invalid specs are refused") {
  Broker broker;
  User user{broker};
  const auto opened = [&](ObjectSpec spec) { return user.try_open(std::move(spec)).code; };
  CHECK(opened({"", ObjectKind::lock}) == Errc::name_invalid);
  CHECK(opened({"a b", ObjectKind::lock}) == Errc::name_invalid);
  CHECK(opened({std::string(129, 'x'), ObjectKind::lock}) == Errc::name_invalid);
  CHECK(opened({"b", ObjectKind::barrier, 0, 0}) == Errc::option_out_of_range);
  CHECK(opened({"s", ObjectKind::semaphore, 0, -2}) == Errc::option_out_of_range);
  CHECK(opened({"a", ObjectKind::list, 0, 1 << 21, kObjectFixed}) == Errc::option_out_of_range);
  CHECK(opened({"c", ObjectKind::condition, 0, 0, 0, 99}) == Errc::object_unknown);
  CHECK(opened({"n", ObjectKind::lock, 0, 0, kObjectMustExist}) == Errc::object_unknown);
  CHECK(opened({"n", ObjectKind::lock, 0, 0, kObjectMustBeNew}) == Errc::ok);
  CHECK(opened({"n", ObjectKind::lock, 0, 0, kObjectMustBeNew}) == Errc::object_exists);
}

TEST_CASE("a shard opens objects that live there, and those whose openers have said so") {
  broker::Identity second;
  second.shard = 2;
  second.shards = 4;
  const auto opened = [&](ObjectSpec spec) { return broker::check_shard(spec, second).code(); };
  CHECK(opened({"images", ObjectKind::lock}) == Errc::ok);
  CHECK(opened({"default", ObjectKind::lock}) == Errc::bad_request);
  CHECK(opened({"default", ObjectKind::lock, 0, 0, kObjectPlaced}) == Errc::ok);
  CHECK(opened({"default", ObjectKind::condition, 0, 0, 0, 17}) == Errc::ok);
  CHECK(opened({"anonymous:1", ObjectKind::lock}) == Errc::ok);
  CHECK(broker::check_shard({"default", ObjectKind::lock}, broker::Identity{}).ok());
  CHECK(broker::check_shard({"default", ObjectKind::lock}, second).failure().text ==
        "'default' lives on shard 1, and this is shard 2: the program that opens it here needs a newer forkmill");
}

TEST_CASE("the number of objects is limited") {
  CoreOptions options;
  options.names.objects = 2;
  Broker broker{options};
  User user{broker};
  user.open(ObjectKind::lock, "a");
  user.open(ObjectKind::lock, "b");
  CHECK(user.try_open({"c", ObjectKind::lock}).code == Errc::too_many_objects);
}

TEST_CASE("objects that no client uses and that are as they were made give way to new ones, when there is no room") {
  CoreOptions options;
  options.names.objects = 4;
  Broker broker{options};
  User stays{broker};
  {
    User goes{broker};
    goes.open(ObjectKind::lock, "unused");
    const auto used = goes.open(ObjectKind::queue, "used");
    CHECK(goes.code(Verb::put, used, 0, 0, {bytes("x")}) == Errc::ok);
    stays.open(ObjectKind::lock, "open");
    stays.open(ObjectKind::event, "event");
    goes.go();
  }
  CHECK(stays.try_open({"new", ObjectKind::lock}).code == Errc::too_many_objects);  // clients may come back
  broker.advance_alive(11s, {stays.peer()});
  CHECK(stays.try_open({"new", ObjectKind::lock}).code == Errc::ok);
  CHECK(broker.core().objects().directory().named("unused") == nullptr);
  CHECK(broker.core().objects().directory().named("used") != nullptr);
  CHECK(broker.core().objects().directory().named("open") != nullptr);
  broker.advance_alive(2s, {stays.peer()});
  CHECK(stays.try_open({"one-more", ObjectKind::lock}).code == Errc::too_many_objects);
}

TEST_CASE("an operation that is sent again is done once, and answered again") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  Operation put{100, Verb::put, queue, 0, milliseconds{-1}, 0, 0, {bytes("x")}, {}};
  user.send(put);
  CHECK(user.answer(100)->a == 1);
  user.connect();
  CHECK(user.kept());
  user.send(put);
  CHECK(user.answer(100)->a == 1);
  CHECK(user.operate(Verb::look, queue).a == 1);
  user.answered_below = 101;
  CHECK(user.operate(Verb::look, queue).a == 1);
  user.send(put);  // a late copy: the client has confirmed the answer already
  CHECK(user.waits(100));
  CHECK(user.operate(Verb::look, queue).a == 1);
}

TEST_CASE("a waiting operation goes on waiting in the next session, and is done once") {
  Broker broker;
  User reader{broker};
  User writer{broker};
  const auto queue = reader.open(ObjectKind::queue, "q");
  const auto number = reader.begin(Verb::get, queue, 1);
  reader.connect();
  reader.send({number, Verb::get, queue, 0, milliseconds{-1}, 1, 0, {}, {}});
  writer.operate(Verb::put, queue, 0, 0, {bytes("x"), bytes("y")});
  CHECK(reader.answer(number)->values == std::vector{bytes("x")});
  CHECK(reader.operate(Verb::look, queue).a == 1);
}

TEST_CASE("a wait ends at its time, to the microsecond, and not before") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  const auto number = user.begin(Verb::get, queue, 1, 0, {}, 250ms);
  CHECK(broker.core().next_wakeup() == broker.now.steady + 250ms);
  broker.advance(250ms - 1us);
  CHECK(user.waits(number));
  broker.advance(1us);
  CHECK(user.answer(number)->code == Errc::object_empty);
}

TEST_CASE("a withdrawn wait ends, and withdrawing an answered one changes nothing") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  const auto number = user.begin(Verb::get, queue, 1);
  CHECK(user.operate(Verb::withdraw, 0, static_cast<std::int64_t>(number)).a == 1);
  CHECK(user.answer(number)->code == Errc::object_empty);
  CHECK(user.operate(Verb::withdraw, 0, static_cast<std::int64_t>(number)).a == 0);
}

TEST_CASE("waiting and later operations on a removed object fail with object_unknown") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto queue = a.open(ObjectKind::queue, "q");
  const auto number = a.begin(Verb::get, queue, 1);
  CHECK(b.code(Verb::remove, queue) == Errc::ok);
  CHECK(a.answer(number)->code == Errc::object_unknown);
  CHECK(a.code(Verb::look, queue) == Errc::object_unknown);
  CHECK(b.open(ObjectKind::dict, "q") != queue);
}

TEST_CASE("an owned object is removed with the client that made it, and any other stays") {
  Broker broker;
  User maker{broker};
  User other{broker};
  const auto owned = maker.open(ObjectKind::queue, "owned", 0, kObjectOwned);
  const auto named = maker.open(ObjectKind::queue, "named");
  const auto number = other.begin(Verb::get, owned, 1);
  maker.go();
  CHECK(other.answer(number)->code == Errc::object_unknown);
  CHECK(other.code(Verb::look, named) == Errc::ok);
}

TEST_CASE("an object goes with the one that it belongs to") {
  Broker broker;
  User user{broker};
  User other{broker};
  const auto value = user.open(ObjectKind::list, "value", 1, kObjectFixed | kObjectOwned);
  const auto beside = other.try_open({"value:lock", ObjectKind::lock, 0, 0, kObjectRecursive, value});
  REQUIRE(beside.code == Errc::ok);
  const auto lock = user.open(ObjectKind::lock, "lock");
  const auto condition = user.try_open({"condition", ObjectKind::condition, 0, 0, kObjectTakesOther, lock}).a;
  SUBCASE("a lock with the object beside which it was made") {
    other.go();
    CHECK(user.code(Verb::look, static_cast<std::uint64_t>(beside.a)) == Errc::ok);
    SUBCASE("removed") { user.operate(Verb::remove, value); }
    SUBCASE("its owner leaves") { user.go(); }
    User third{broker};
    CHECK(third.code(Verb::look, static_cast<std::uint64_t>(beside.a)) == Errc::object_unknown);
    CHECK(third.try_open({"late:lock", ObjectKind::lock, 0, 0, 0, value}).code == Errc::object_unknown);
  }
  SUBCASE("a condition with its lock, and its waiters are told") {
    user.operate(Verb::acquire, lock);
    const auto waiter = user.begin(Verb::wait, static_cast<std::uint64_t>(condition));
    other.operate(Verb::remove, lock);
    CHECK(user.answer(waiter)->code == Errc::object_unknown);
    CHECK(user.code(Verb::look, static_cast<std::uint64_t>(condition)) == Errc::object_unknown);
  }
  SUBCASE("a condition takes a lock of its own along") {
    other.operate(Verb::remove, static_cast<std::uint64_t>(condition));
    CHECK(user.code(Verb::look, lock) == Errc::object_unknown);
  }
}

TEST_CASE("the waits of a client that has left are dropped") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto queue = a.open(ObjectKind::queue, "q");
  a.begin(Verb::get, queue, 1);
  a.go();
  b.operate(Verb::put, queue, 0, 0, {bytes("x")});
  CHECK(b.operate(Verb::look, queue).a == 1);
}

TEST_CASE("a client that was away for too long is told of its loss until it has heard of it") {
  Broker broker;
  Hello hello;
  hello.name = "user";
  hello.instance = 77;
  const auto first = broker.connect(hello);
  for (auto away = 0s; away < 2 * CoreOptions{}.session_timeout; away += 1s) broker.advance(1s);
  hello.resume = first.session;
  CHECK_FALSE(broker.connect(hello).welcome.kept);  // this WELCOME is lost with the connection
  const auto second = broker.connect(hello);
  CHECK_FALSE(second.welcome.kept);
  hello.resume = second.session;
  CHECK(broker.connect(hello).welcome.kept);
}

TEST_CASE("a HELLO that comes late from a broken connection takes nothing from its client") {
  Broker broker;
  Hello hello;
  hello.name = "user";
  hello.instance = 77;
  hello.resume = broker.connect(hello).session;
  const auto late = hello;
  const auto now = broker.connect(hello);
  broker.connect(late);
  hello.resume = now.session;
  const auto again = broker.connect(hello);
  CHECK(again.welcome.resumed);
  CHECK(again.welcome.kept);
}

TEST_CASE("a broker in memory gives its objects numbers that no earlier broker gave") {
  MemoryStore before{"memory-1"};
  MemoryStore after{"memory-2", false, Epoch{1}};
  Broker old{{}, &before};
  Broker young{{}, &after};
  User user{old};
  User same{young};
  CHECK(user.open(ObjectKind::queue, "q") != same.open(ObjectKind::lock, "l"));
}

TEST_CASE("an object refuses the verbs that its kind does not have") {
  Broker broker;
  User user{broker};
  const std::vector<std::pair<ObjectKind, Verb>> wrong{
      {ObjectKind::lock, Verb::put},    {ObjectKind::semaphore, Verb::get}, {ObjectKind::event, Verb::acquire},
      {ObjectKind::barrier, Verb::put}, {ObjectKind::queue, Verb::acquire}, {ObjectKind::pipe, Verb::put},
      {ObjectKind::dict, Verb::put},    {ObjectKind::list, Verb::acquire}};
  for (const auto& [kind, verb] : wrong) {
    const auto object = user.open(kind, "o" + std::to_string(static_cast<int>(kind)), 1);
    CHECK(user.code(verb, object) == Errc::wrong_verb);
  }
}

TEST_CASE("operations beyond a client's limit of unanswered operations are refused") {
  Broker broker;
  User user{broker};
  const auto lock = user.open(ObjectKind::lock, "l");
  std::vector<Operation> many;
  for (std::uint64_t i = 0; i < limits::kMaxOperations; ++i)
    many.push_back({1000 + i, Verb::look, lock, 0, milliseconds{-1}, 0, 0, {}, {}});
  broker.send(user.peer(), Operate{0, std::move(many)});
  CHECK(user.answer(1000)->code == Errc::ok);
  CHECK(user.answer(1000 + limits::kMaxOperations - 1)->code == Errc::too_many_waiting);
}

TEST_CASE("ten thousand waiters of one event all pass when it is set") {
  Broker broker;
  User setter{broker};
  const auto event = setter.open(ObjectKind::event, "e");
  std::vector<std::unique_ptr<User>> users;
  for (int i = 0; i < 10; ++i) users.push_back(std::make_unique<User>(broker));
  std::vector<std::vector<std::uint64_t>> numbers(10);
  for (std::size_t i = 0; i < 10'000; ++i) numbers[i % 10].push_back(users[i % 10]->begin(Verb::wait, event));
  setter.operate(Verb::set, event);
  for (std::size_t i = 0; i < 10; ++i)
    for (const auto number : numbers[i]) CHECK(users[i]->answer(number)->a == 1);
}

TEST_CASE("operators see objects with their holders and waiters, and can release and remove them") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto lock = a.open(ObjectKind::lock, "build:lock");
  a.operate(Verb::acquire, lock);
  const auto number = b.begin(Verb::acquire, lock);
  const auto ask = [&](QueryKind kind, const std::string& argument) {
    broker.send(a.peer(), Query{1, kind, argument});
    return broker.take<Reply>(a.peer()).at(0);
  };
  const auto give = [&](AnyCommand command) {
    broker.send(a.peer(), Command{1, std::move(command)});
    return broker.take<Reply>(a.peer()).at(0).code;
  };
  const auto shown = ask(QueryKind::object, "build:lock");
  const auto handle = msgpack::unpack(shown.body.view().data(), shown.body.size());
  const auto map = handle.get().as<std::map<std::string, msgpack::object>>();
  CHECK(map.at("holders").via.array.size == 1);
  CHECK(map.at("waiters").via.array.size == 1);
  CHECK(ask(QueryKind::object, "nobody").code == Errc::object_unknown);
  CHECK(give(ReleaseObject{"build:lock"}) == Errc::ok);
  CHECK(b.answer(number)->code == Errc::ok);
  CHECK(a.code(Verb::release, lock, 1) == Errc::lease_lost);
  const auto again = a.begin(Verb::acquire, lock);
  CHECK(give(RemoveObject{"build:lock"}) == Errc::ok);
  CHECK(a.answer(again)->code == Errc::object_unknown);
  CHECK(give(RemoveObject{"build:lock"}) == Errc::object_unknown);
}

}  // namespace objects_test
