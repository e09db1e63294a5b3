// Named queues, pipes, dicts and lists.
#include "proto/wire/operands.h"
#include "tests/unit/broker/objects.h"

namespace container_test {

using namespace forkmill;
using namespace forkmill::broker::test;

namespace {

Payload msgpack_nil() { return bytes("\xC0"); }

std::vector<Payload> items(std::initializer_list<std::string_view> texts) {
  std::vector<Payload> all;
  for (const auto& one : texts) all.push_back(bytes(one));
  return all;
}

}  // namespace

TEST_CASE("a queue returns items in the order of their puts, in batches on request") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  user.operate(Verb::put, queue, 0, 0, items({"a", "b", "c", ""}));
  CHECK(user.operate(Verb::get, queue, 1).values == items({"a"}));
  const auto rest = user.operate(Verb::get, queue, 10);
  CHECK(rest.values == items({"b", "c", ""}));
  CHECK(rest.b == 0);
  CHECK(user.code(Verb::get, queue, 1) == Errc::object_empty);
}

TEST_CASE("a poll of a queue waits for an item, takes none, and comes after the gets that wait") {
  Broker broker;
  User user{broker};
  User other{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  CHECK(user.operate(Verb::poll, queue).a == 0);
  const auto polled = user.begin(Verb::poll, queue);
  const auto polled_too = other.begin(Verb::poll, queue);
  const auto got = other.begin(Verb::get, queue, 1);
  user.operate(Verb::put, queue, 0, 0, items({"a"}));
  CHECK(other.answer(got)->values == items({"a"}));
  CHECK(user.waits(polled));
  user.operate(Verb::put, queue, 0, 0, items({"b"}));
  CHECK(user.answer(polled)->a == 1);
  CHECK(other.answer(polled_too)->a == 1);
  CHECK(user.operate(Verb::poll, queue).a == 1);
  CHECK(user.operate(Verb::get, queue, 1).values == items({"b"}));

  const auto late = user.begin(Verb::poll, queue, 0, 0, {}, 100ms);
  broker.advance(100ms);
  CHECK(user.answer(late)->a == 0);
  const auto given_up = user.begin(Verb::poll, queue);
  CHECK(user.operate(Verb::withdraw, 0, static_cast<std::int64_t>(given_up)).a == 1);
  CHECK(user.answer(given_up)->a == 0);
}

TEST_CASE("a full queue makes putters wait in turn, and a put that times out says how many items went in") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto queue = a.open(ObjectKind::queue, "q", 2);
  const auto first = a.begin(Verb::put, queue, 0, 0, items({"1", "2", "3"}), 100ms);
  const auto second = b.begin(Verb::put, queue, 0, 0, items({"4"}));
  CHECK(b.operate(Verb::get, queue, 1).values == items({"1"}));
  CHECK(a.answer(first)->a == 3);
  CHECK(b.waits(second));
  CHECK(b.operate(Verb::get, queue, 1).values == items({"2"}));
  CHECK(b.answer(second)->a == 1);
  const auto third = a.begin(Verb::put, queue, 0, 0, items({"5", "6"}), 100ms);
  b.operate(Verb::get, queue, 1);
  broker.advance(100ms);
  const auto late = a.answer(third);
  CHECK(late->code == Errc::object_full);
  CHECK(late->a == 1);
}

TEST_CASE("unsettled items go back to the head of the queue, in order, when their reader leaves") {
  Broker broker;
  User reader{broker};
  User other{broker};
  const auto queue = other.open(ObjectKind::queue, "q");
  other.operate(Verb::put, queue, 0, 0, items({"1", "2", "3", "4", "5"}));
  const auto first = reader.operate(Verb::get, queue, 1, 1);
  const auto second = reader.operate(Verb::get, queue, 2, 1);
  const auto third = reader.operate(Verb::get, queue, 1, 1);
  CHECK(other.code(Verb::settle, queue, first.a, 1) == Errc::lease_lost);  // `other` does not hold them
  CHECK(reader.code(Verb::settle, queue, first.a, 1) == Errc::ok);
  CHECK(reader.code(Verb::settle, queue, first.a, 1) == Errc::lease_lost);
  CHECK(reader.code(Verb::settle, queue, third.a, 0) == Errc::ok);
  CHECK(other.operate(Verb::get, queue, 1).values == items({"4"}));
  reader.go();
  CHECK(other.operate(Verb::get, queue, 9).values == items({"2", "3", "5"}));
}

TEST_CASE("join waits until every item is done; marking one more as done is an error") {
  Broker broker;
  User user{broker};
  const auto queue = user.open(ObjectKind::queue, "q");
  CHECK(user.code(Verb::join, queue) == Errc::ok);
  user.operate(Verb::put, queue, 0, 0, items({"a", "b"}));
  const auto joined = user.begin(Verb::join, queue);
  user.operate(Verb::get, queue, 2);
  CHECK(user.operate(Verb::done, queue, 1).a == 1);
  CHECK(user.waits(joined));
  CHECK(user.operate(Verb::done, queue, 1).a == 0);
  CHECK(user.answer(joined)->code == Errc::ok);
  CHECK(user.code(Verb::done, queue, 1) == Errc::over_released);
}

TEST_CASE("a pipe keeps messages apart, even empty ones, and ends when the other end is closed") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto pipe = a.open(ObjectKind::pipe, "p", 0, 0, 1);
  CHECK(b.open(ObjectKind::pipe, "p", 0, 0, 2) == pipe);
  a.operate(Verb::send, pipe, 0, 0, items({"one", "", "three"}));
  CHECK(b.operate(Verb::poll, pipe, 1).a == 1);
  CHECK(b.operate(Verb::receive, pipe, 1, 1).values == items({"one"}));
  CHECK(b.operate(Verb::receive, pipe, 1, 5).values == items({"", "three"}));
  CHECK(b.operate(Verb::poll, pipe, 1).a == 0);
  CHECK(b.code(Verb::receive, pipe, 1, 1) == Errc::timeout);
  a.operate(Verb::send, pipe, 0, 0, items({"last"}));
  const auto waiting = a.begin(Verb::receive, pipe, 0, 1);
  CHECK(b.code(Verb::close, pipe, 1) == Errc::ok);
  CHECK(a.answer(waiting)->code == Errc::end_of_stream);
  CHECK(a.code(Verb::send, pipe, 0, 0, items({"x"})) == Errc::end_of_stream);
  CHECK(b.code(Verb::close, pipe, 1) == Errc::object_closed);
}

TEST_CASE("a pipe end whose holder is gone is closed; messages that it sent before are still read") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto pipe = a.open(ObjectKind::pipe, "p", 0, 0, 1);
  b.open(ObjectKind::pipe, "p", 0, 0, 2);
  a.operate(Verb::send, pipe, 0, 0, items({"x"}));
  a.go();
  CHECK(b.operate(Verb::receive, pipe, 1, 1).values == items({"x"}));
  CHECK(b.code(Verb::receive, pipe, 1, 1) == Errc::end_of_stream);
}

TEST_CASE("a pipe whose maker leaves before it has opened the second end is removed") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto pipe = a.open(ObjectKind::pipe, "p", 0, 0, 1);
  CHECK(b.code(Verb::look, pipe, 0) == Errc::ok);
  a.go();
  CHECK(b.code(Verb::look, pipe, 0) == Errc::object_unknown);
}

TEST_CASE("a lent pipe end stays open on its way, and is claimed once") {
  Broker broker;
  User a{broker};
  User child{broker};
  const auto pipe = a.open(ObjectKind::pipe, "p", 0, 0, 3);
  const auto ticket = a.operate(Verb::lend, pipe, 1).a;
  a.operate(Verb::close, pipe, 1);
  CHECK(a.code(Verb::receive, pipe, 0, 1) == Errc::timeout);
  CHECK(child.operate(Verb::lend, pipe, 0, ticket).a == 1);
  CHECK(child.code(Verb::lend, pipe, 0, ticket) == Errc::object_closed);
  CHECK(child.code(Verb::send, pipe, 1, 0, items({"hello"})) == Errc::ok);
  CHECK(a.operate(Verb::receive, pipe, 0, 1).values == items({"hello"}));
  child.go();
  CHECK(a.code(Verb::receive, pipe, 0, 1) == Errc::end_of_stream);
}

TEST_CASE("a one-way pipe goes from end 1 to end 0") {
  Broker broker;
  User user{broker};
  const auto pipe = user.open(ObjectKind::pipe, "p", 0, kObjectOneWay, 3);
  CHECK(user.code(Verb::send, pipe, 0, 0, items({"x"})) == Errc::wrong_direction);
  CHECK(user.code(Verb::receive, pipe, 1, 1) == Errc::wrong_direction);
  CHECK(user.code(Verb::send, pipe, 1, 0, items({"x"})) == Errc::ok);
  CHECK(user.operate(Verb::receive, pipe, 0, 1).values == items({"x"}));
}

TEST_CASE("a message larger than the limit of unread bytes is accepted by an empty pipe") {
  Broker broker;
  User user{broker};
  const auto pipe = user.open(ObjectKind::pipe, "p", 0, 0, 3);
  const auto big = Payload::own(std::string(16 << 20, 'x'));
  CHECK(user.code(Verb::send, pipe, 0, 0, {big}) == Errc::ok);
  const auto second = user.begin(Verb::send, pipe, 0, 0, {big});
  CHECK(user.waits(second));
  CHECK(user.operate(Verb::receive, pipe, 1, 1).values.at(0).size() == big.size());
  CHECK(user.answer(second)->code == Errc::ok);
}

TEST_CASE("a sender that waits for room in one direction holds up no sender of the other direction") {
  Broker broker;
  User a{broker};
  User b{broker};
  const auto pipe = a.open(ObjectKind::pipe, "p", 0, 0, 1);
  b.open(ObjectKind::pipe, "p", 0, 0, 2);
  const auto big = Payload::own(std::string(1 << 20, 'x'));
  a.operate(Verb::send, pipe, 0, 0, {big});
  const auto full = a.begin(Verb::send, pipe, 0, 0, {big});
  REQUIRE(a.waits(full));
  CHECK(b.code(Verb::send, pipe, 1, 0, {big}) == Errc::ok);
  const auto also_full = b.begin(Verb::send, pipe, 1, 0, {big});
  REQUIRE(b.waits(also_full));
  CHECK(a.operate(Verb::receive, pipe, 0, 1).values.size() == 1);
  CHECK(b.answer(also_full)->code == Errc::ok);
  CHECK(a.waits(full));
  CHECK(b.operate(Verb::receive, pipe, 1, 1).values.size() == 1);
  CHECK(a.answer(full)->code == Errc::ok);
}

TEST_CASE("a dict keeps values by key in the order of insertion") {
  Broker broker;
  User user{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  user.operate(Verb::store, dict, 0, 0, items({"b", "1", "a", "2"}));
  user.operate(Verb::store, dict, 0, 0, items({"b", "3"}));
  CHECK(user.operate(Verb::fetch, dict, 0, 0, items({"b", "a"})).values == items({"3", "2"}));
  CHECK(user.code(Verb::fetch, dict, 0, 0, items({"c"})) == Errc::key_unknown);
  CHECK(user.operate(Verb::items, dict, 3).values == items({"b", "3", "a", "2"}));
  CHECK(user.operate(Verb::items, dict, 1).values == items({"b", "a"}));
  CHECK(user.operate(Verb::has, dict, 0, 0, items({"a"})).a == 1);
  CHECK(user.operate(Verb::insert, dict, 0, 0, items({"a", "9"})).values == items({"2"}));
  CHECK(user.operate(Verb::insert, dict, 0, 0, items({"c", "9"})).a == 1);
  CHECK(user.operate(Verb::pop, dict).values == items({"c", "9"}));
  CHECK(user.operate(Verb::pop, dict, 0, 0, items({"a"})).values == items({"2"}));
  CHECK(user.code(Verb::erase, dict, 0, 0, items({"b", "a"})) == Errc::key_unknown);
  CHECK(user.operate(Verb::look, dict).a == 1);
  user.operate(Verb::clear, dict);
  CHECK(user.code(Verb::pop, dict) == Errc::key_unknown);
}

TEST_CASE("a large dict is read page by page") {
  Broker broker;
  User user{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  for (int i = 0; i < 10; ++i) {
    std::vector<Payload> pairs;
    for (int j = 0; j < 1000; ++j) {
      pairs.push_back(value(i * 1000 + j));
      pairs.push_back(value(j));
    }
    user.operate(Verb::store, dict, 0, 0, std::move(pairs));
  }
  std::vector<int> keys;
  std::int64_t from = 0;
  do {
    const auto page = user.operate(Verb::items, dict, 1, from);
    for (const auto& key : page.values) keys.push_back(msgpack::unpack(key.view().data(), key.size()).get().as<int>());
    from = page.a;
  } while (from != 0);
  REQUIRE(keys.size() == 10'000);
  for (int i = 0; i < 10'000; ++i) CHECK(keys[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("sums and appends happen in one step") {
  Broker broker;
  User user{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  CHECK(user.code(Verb::add, dict, 0, 0, {bytes("n"), value(1)}) == Errc::key_unknown);
  CHECK(user.operate(Verb::add, dict, 0, 0, {bytes("n"), value(-2), value(100)}).values == std::vector{value(98)});
  CHECK(user.operate(Verb::add, dict, 0, 0, {bytes("n"), value(0.5)}).values == std::vector{value(98.5)});
  CHECK(user.operate(Verb::append, dict, 0, 0, {bytes("l"), value(1)}).a == 1);
  CHECK(user.operate(Verb::append, dict, 0, 0, {bytes("l"), value("x")}).a == 2);
  CHECK(user.operate(Verb::fetch, dict, 0, 0, {bytes("l")}).values == std::vector{value(std::make_tuple(1, "x"))});
  CHECK(user.code(Verb::append, dict, 0, 0, {bytes("n"), value(1)}) == Errc::value_differs);
  CHECK(user.code(Verb::add, dict, 0, 0, {bytes("l"), value(1)}) == Errc::value_differs);
  user.operate(Verb::store, dict, 0, 0, {bytes("max"), value(UINT64_MAX)});
  CHECK(user.code(Verb::add, dict, 0, 0, {bytes("max"), value(1)}) == Errc::value_differs);
  for (int i = 0; i < 70'000; ++i) {
    user.operate(Verb::append, dict, 0, 0, {bytes("many"), value(7)});
    ++user.answered_below;
  }
  const auto many = user.operate(Verb::fetch, dict, 0, 0, {bytes("many")}).values.at(0);
  CHECK(msgpack::unpack(many.view().data(), many.size()).get().as<std::vector<int>>() == std::vector<int>(70'000, 7));
}

TEST_CASE("a sum beyond the range of the numbers is refused, and the value stays") {
  using proto::NumberType;
  Broker broker;
  User user{broker};
  const auto list = user.open(ObjectKind::list, "l");
  const auto dict = user.open(ObjectKind::dict, "d");
  const auto add = [&](NumberType type, const Payload& to, const Payload& number) {
    user.operate(Verb::clear, list);
    user.operate(Verb::append, list, 0, 0, {to});
    user.operate(Verb::store, dict, 0, 0, {bytes("k"), to});
    auto in_list = user.operate(Verb::add, list, 0, static_cast<std::int64_t>(type), {number});
    const auto in_dict = user.operate(Verb::add, dict, 0, static_cast<std::int64_t>(type), {bytes("k"), number});
    CHECK(in_list.code == in_dict.code);
    CHECK(in_list.values == in_dict.values);
    if (in_list.code != Errc::ok) {
      CHECK(user.operate(Verb::fetch, list, 0, 1).values == std::vector{to});
      CHECK(user.operate(Verb::fetch, dict, 0, 0, {bytes("k")}).values == std::vector{to});
    }
    return in_list;
  };
  const auto check_range = [&](NumberType type, std::int64_t least, std::uint64_t most) {
    CAPTURE(static_cast<int>(type));
    CHECK(add(type, value(most), value(1)).code == Errc::value_differs);
    CHECK(add(type, value(least), value(-1)).code == Errc::value_differs);
    CHECK(add(type, value(most), value(-1)).values == std::vector{value(most - 1)});
    CHECK(add(type, value(least), value(1)).values == std::vector{value(least + 1)});
    CHECK(add(type, value(1), value(0.5)).code == Errc::value_differs);
    CHECK(add(type, value(0.5), value(1)).code == Errc::value_differs);
    CHECK(add(type, msgpack_nil(), value(1)).code == Errc::value_differs);
  };
  check_range(NumberType::i8, INT8_MIN, INT8_MAX);
  check_range(NumberType::i16, INT16_MIN, INT16_MAX);
  check_range(NumberType::i32, INT32_MIN, INT32_MAX);
  check_range(NumberType::i64, INT64_MIN, INT64_MAX);
  check_range(NumberType::u8, 0, UINT8_MAX);
  check_range(NumberType::u16, 0, UINT16_MAX);
  check_range(NumberType::u32, 0, UINT32_MAX);
  check_range(NumberType::u64, 0, UINT64_MAX);
  CHECK(add(NumberType::u8, value(250), value(6)).text.find("250 + 6") != std::string::npos);
  CHECK(add(NumberType::u8, value(250), value(6)).text.find("0 to 255") != std::string::npos);
  CHECK(add(NumberType::i64, value(INT64_MAX), value(UINT64_MAX)).code == Errc::value_differs);
  CHECK(add(NumberType::u64, value(0), value(INT64_MIN)).code == Errc::value_differs);
  CHECK(add(NumberType{11}, value(1), value(1)).code == Errc::bad_request);
}

TEST_CASE("a sum of floats is a float, and one of doubles a double, whole or not") {
  using proto::NumberType;
  Broker broker;
  User user{broker};
  const auto list = user.open(ObjectKind::list, "l");
  const auto add = [&](NumberType type, const Payload& to, const Payload& number) {
    user.operate(Verb::clear, list);
    user.operate(Verb::append, list, 0, 0, {to});
    return user.operate(Verb::add, list, 0, static_cast<std::int64_t>(type), {number}).values.at(0);
  };
  CHECK(add(NumberType::f32, value(0.1F), value(0.2F)) == value(0.1F + 0.2F));
  CHECK(add(NumberType::f32, value(0.5F), value(0.5F)) == value(1.0F));
  CHECK(add(NumberType::f32, value(0), value(0.1F)) == value(0.1F));
  CHECK(add(NumberType::f32, value(0.1), value(0.2F)) == value(0.1F + 0.2F));  // a double becomes a float
  CHECK(add(NumberType::f64, value(0.1), value(0.2)) == value(0.1 + 0.2));
  CHECK(add(NumberType::f64, value(1e19), value(1e19)) == value(2e19));
  CHECK(add(NumberType::f64, value(-9e18), value(-9e18)) == value(-1.8e19));
}

TEST_CASE("compare-and-set replaces the value that it expects, and otherwise returns the present one") {
  Broker broker;
  User user{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  CHECK(user.code(Verb::exchange, dict, 0, 0, items({"k", "1", "2"})) == Errc::value_differs);
  CHECK(user.code(Verb::exchange, dict, 0, 0, items({"k", "", "2"})) == Errc::ok);
  const auto other = user.operate(Verb::exchange, dict, 0, 0, items({"k", "1", "3"}));
  CHECK(other.code == Errc::value_differs);
  CHECK(other.values == items({"2"}));
  CHECK(user.code(Verb::exchange, dict, 0, 0, items({"k", "2", ""})) == Errc::ok);
  CHECK(user.operate(Verb::look, dict).a == 0);
  const auto version = user.operate(Verb::look, dict).b;
  CHECK(user.code(Verb::store, dict, 0, version, items({"a", "1"})) == Errc::ok);
  CHECK(user.code(Verb::store, dict, 0, version, items({"a", "2"})) == Errc::value_differs);
}

TEST_CASE("a watcher is told which keys have changed, or that this is not known") {
  Broker broker;
  User user{broker};
  User writer{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  writer.operate(Verb::store, dict, 0, 0, items({"a", "1"}));
  const auto first = user.operate(Verb::watch, dict, 0);
  CHECK(first.a == 1);  // there was no watcher before, so the changes are not known
  const auto waiting = user.begin(Verb::watch, dict, first.b);
  CHECK(user.waits(waiting));
  writer.operate(Verb::store, dict, 0, 0, items({"b", "1", "c", "1"}));
  const auto changed = user.answer(waiting);
  REQUIRE(changed);
  CHECK(changed->a == 0);
  CHECK(changed->values == items({"b", "c"}));
  writer.operate(Verb::erase, dict, 0, 0, items({"b"}));
  CHECK(user.operate(Verb::watch, dict, changed->b).values == items({"b"}));
}

TEST_CASE("a watcher that knows a version of the past is answered at once while others wait for a later one") {
  Broker broker;
  User waits{broker};
  User late{broker};
  for (const auto kind : {ObjectKind::dict, ObjectKind::list}) {
    const auto object = waits.open(kind, kind == ObjectKind::dict ? "d" : "l");
    const auto change =
        kind == ObjectKind::dict ? std::pair{Verb::store, items({"a", "1"})} : std::pair{Verb::append, items({"a"})};
    const auto start = waits.operate(Verb::look, object).b;
    CHECK(waits.code(Verb::watch, object, start) == Errc::timeout);  // from here on changes are known
    waits.operate(change.first, object, 0, 0, change.second);
    const auto now = waits.operate(Verb::look, object).b;
    const auto waiting = waits.begin(Verb::watch, object, now);
    CHECK(waits.waits(waiting));
    CHECK(late.operate(Verb::watch, object, start).values.size() == 1);
    CHECK(late.operate(Verb::watch, object, start, 0, {}, 10s).b == now);
    CHECK(late.code(Verb::watch, object, now) == Errc::timeout);
    CHECK(waits.waits(waiting));
    late.operate(change.first, object, 0, 0, change.second);
    CHECK(waits.answer(waiting)->b == now + 1);
  }
}

TEST_CASE("changes of more keys than an answer takes are said to be unknown") {
  Broker broker;
  User user{broker};
  const auto dict = user.open(ObjectKind::dict, "d");
  const auto start = user.operate(Verb::look, dict).b;
  CHECK(user.code(Verb::watch, dict, start) == Errc::timeout);
  const std::string large(300'000, 'k');
  for (const char* end : {"1", "2", "3", "4"}) user.operate(Verb::store, dict, 0, 0, {bytes(large + end), bytes("v")});
  const auto all = user.operate(Verb::watch, dict, start);
  CHECK(all.a == 1);
  CHECK(all.values.empty());
  const auto last = user.operate(Verb::watch, dict, start + 1);
  CHECK(last.a == 0);
  CHECK(last.values.size() == 3);
}

TEST_CASE("a list is read and changed by index, also by negative ones") {
  Broker broker;
  User user{broker};
  const auto list = user.open(ObjectKind::list, "l");
  user.operate(Verb::append, list, 0, 0, items({"a", "b", "c"}));
  CHECK(user.operate(Verb::fetch, list, -1, 1).values == items({"c"}));
  CHECK(user.operate(Verb::fetch, list, 0, 2).values == items({"a", "b"}));
  CHECK(user.code(Verb::fetch, list, 3, 1) == Errc::index_unknown);
  CHECK(user.code(Verb::fetch, list, 2, 2) == Errc::index_unknown);
  user.operate(Verb::insert, list, -100, 0, items({"0"}));
  user.operate(Verb::insert, list, 100, 0, items({"z"}));
  user.operate(Verb::store, list, 1, 0, items({"A"}));
  CHECK(user.operate(Verb::items, list).values == items({"0", "A", "b", "c", "z"}));
  CHECK(user.operate(Verb::has, list, 0, 0, items({"c"})).a == 3);
  CHECK(user.operate(Verb::has, list, 0, 0, items({"?"})).a == -1);
  CHECK(user.operate(Verb::pop, list, -1).values == items({"z"}));
  CHECK(user.operate(Verb::erase, list, 0, 2).a == 2);
  CHECK(user.operate(Verb::items, list).values == items({"b", "c"}));
  CHECK(user.code(Verb::exchange, list, 0, 0, items({"x", "y"})) == Errc::value_differs);
  CHECK(user.code(Verb::exchange, list, 0, 0, items({"b", "y"})) == Errc::ok);
}

TEST_CASE("a list is put in another order at the version that the client knows, all or nothing") {
  Broker broker;
  User user{broker};
  const auto list = user.open(ObjectKind::list, "l");
  user.operate(Verb::append, list, 0, 0, items({"a", "b", "c"}));
  const auto version = user.operate(Verb::look, list).b;
  const auto arrange = [&](const std::vector<std::uint32_t>& order, std::int64_t at = 0) {
    return user.operate(Verb::set, list, 0, at, proto::payloads_of_order(order));
  };
  CHECK(arrange({2, 0, 1}, version).b == version + 1);
  CHECK(user.operate(Verb::items, list).values == items({"c", "a", "b"}));
  CHECK(arrange({0, 1, 2}, version).code == Errc::value_differs);
  for (const auto& wrong : {std::vector<std::uint32_t>{}, {0, 1}, {0, 1, 1}, {0, 1, 3}, {0, 1, 2, 3}})
    CHECK(arrange(wrong).code == Errc::bad_request);
  CHECK(user.code(Verb::set, list, 0, 0, items({"12345"})) == Errc::bad_request);
  CHECK(user.operate(Verb::items, list).values == items({"c", "a", "b"}));
  // Several payloads are one order.
  CHECK(user.code(Verb::set, list, 0, 0, {proto::payloads_of_order({1, 2})[0], proto::payloads_of_order({0})[0]}) ==
        Errc::ok);
  CHECK(user.operate(Verb::items, list).values == items({"a", "b", "c"}));
  CHECK(user.code(Verb::set, user.open(ObjectKind::dict, "d"), 0, 0, {}) == Errc::wrong_verb);
}

TEST_CASE("an array begins with zeros and keeps its length") {
  Broker broker;
  User user{broker};
  const auto array = user.open(ObjectKind::list, "a", 3, kObjectFixed);
  CHECK(user.operate(Verb::items, array).values == std::vector{value(0), value(0), value(0)});
  CHECK(user.operate(Verb::add, array, 2, 0, {value(5)}).values == std::vector{value(5)});
  CHECK(user.code(Verb::append, array, 0, 0, {value(1)}) == Errc::wrong_verb);
  CHECK(user.code(Verb::pop, array, 0) == Errc::wrong_verb);
  CHECK(user.code(Verb::add, array, 3, 0, {value(5)}) == Errc::index_unknown);
}

TEST_CASE("an array begins as the value that its maker gives") {
  Broker broker;
  User user{broker};
  const auto open = [&](std::int64_t size, std::vector<Payload> initial, std::int64_t flags = kObjectFixed) {
    return user.try_open({"a" + std::to_string(size), ObjectKind::list, 0, size, flags, 0, Durability::memory}, 0,
                         std::move(initial));
  };
  const auto made = open(3, {msgpack_nil()});
  const auto array = static_cast<std::uint64_t>(made.a);
  CHECK(made.b == 3);
  CHECK(user.operate(Verb::items, array).values == std::vector(3, msgpack_nil()));
  CHECK(user.code(Verb::store, array, 1, 0, {value(0)}) == Errc::ok);
  const auto opened = open(3, {value(7)});  // the array is there already
  CHECK(static_cast<std::uint64_t>(opened.a) == array);
  CHECK(opened.b == 0);
  CHECK(user.operate(Verb::items, array).values == std::vector{msgpack_nil(), value(0), msgpack_nil()});
  CHECK(open(4, {}).b == 1);
  CHECK(open(0, {value("x")}).b == 3);
  CHECK(open(5, {value(1), value(2)}).code == Errc::bad_request);
  CHECK(open(5, {bytes("")}).code == Errc::bad_request);
  CHECK(open(0, {value(1)}, 0).code == Errc::bad_request);
  CHECK(open(1 << 20, {value(std::string(1 << 10, 'x'))}).code == Errc::object_full);
  CHECK(open(1 << 20, {value("12345")}).code == Errc::ok);
}

TEST_CASE("a fetch of more values than a message holds is refused") {
  Broker broker;
  User user{broker};
  const auto array = user.open(ObjectKind::list, "array", 100'000, kObjectFixed);
  CHECK(user.operate(Verb::fetch, array, 10, 1000).values.size() == 1000);
  CHECK(user.code(Verb::fetch, array, 0, 100'000) == Errc::bad_request);
  const auto dict = user.open(ObjectKind::dict, "dict");
  user.operate(Verb::store, dict, 0, 0, items({"k", "v"}));
  CHECK(user.operate(Verb::fetch, dict, 0, 0, std::vector(1000, bytes("k"))).values.size() == 1000);
  CHECK(user.code(Verb::fetch, dict, 0, 0, std::vector(10'000, bytes("k"))) == Errc::bad_request);
}

}  // namespace container_test
