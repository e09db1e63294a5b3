// Dict, List, Namespace, Value, Array and the Manager.
#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <ranges>
#include <thread>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::manager_test {

using Numbers = Dict<std::string, int>;

TEST_CASE("a dict has the methods of the container") {
  Rig rig;
  Numbers mine{"d", rig.a};
  Numbers dict{"d", rig.b};
  mine.set("a", 1);
  mine["b"] = 2;
  CHECK(dict.at("a") == 1);
  CHECK(dict["b"] == 2);
  CHECK(dict.size() == 2);
  CHECK(dict.contains("a"));
  CHECK_FALSE(dict.contains("z"));
  CHECK_THROWS_AS(dict.at("z"), UnknownKey);
  CHECK(dict.get("z") == std::nullopt);
  CHECK(dict.get("z", 9) == 9);
  CHECK(dict.setdefault("c", 3) == 3);
  CHECK(dict.setdefault("c", 4) == 3);
  CHECK_FALSE(dict.insert("c", 5));
  CHECK(dict.keys() == std::vector<std::string>{"a", "b", "c"});
  CHECK(dict.values() == std::vector{1, 2, 3});
  CHECK(dict.items().at(1) == std::pair<std::string, int>{"b", 2});
  CHECK(dict.pop("a") == 1);
  CHECK_THROWS_AS(dict.pop("a"), UnknownKey);
  CHECK(dict.pop("a", 7) == 7);
  CHECK(dict.popitem() == std::pair<std::string, int>{"c", 3});
  CHECK(dict.erase("b"));
  CHECK_FALSE(dict.erase("b"));
  CHECK_THROWS_AS(dict.popitem(), UnknownKey);
  dict.update(std::map<std::string, int>{{"x", 1}, {"y", 2}});
  CHECK(mine.size() == 2);
  mine.clear();
  CHECK(dict.empty());
}

TEST_CASE("a dict of many entries is read and written in pages") {
  Rig rig;
  Dict<int, std::string> dict{"d", rig.a};
  std::map<int, std::string> many;
  for (int i = 0; i < 20'000; ++i) many[i] = std::string(50, 'x') + std::to_string(i);
  dict.update(many);
  CHECK(dict.size() == 20'000);
  const auto items = Dict<int, std::string>{"d", rig.b}.items();
  CHECK(std::map<int, std::string>{items.begin(), items.end()} == many);
}

TEST_CASE("updates of a dict are atomic: add, append, compare and set") {
  Rig rig;
  Numbers numbers{"n", rig.a};
  CHECK_THROWS_AS(numbers.add("a", 1), UnknownKey);
  CHECK(numbers.add("a", 1, 10) == 11);
  CHECK(numbers.add("a", -1) == 10);
  numbers["a"] += 5;
  CHECK(numbers.at("a") == 15);
  CHECK(numbers.compare_and_set("a", 15, 16));
  CHECK_FALSE(numbers.compare_and_set("a", 15, 17));
  CHECK(numbers.compare_and_set("new", std::nullopt, 1));
  CHECK_FALSE(numbers.compare_and_set("new", std::nullopt, 2));
  CHECK(numbers.compare_and_set("new", 1, std::nullopt));
  CHECK_FALSE(numbers.contains("new"));

  Dict<std::string, std::vector<int>> lists{"l", rig.a};
  CHECK(lists.append("x", 1) == 1);
  CHECK(lists.append("x", 2) == 2);
  CHECK(lists.at("x") == std::vector{1, 2});
  Dict<std::string, std::string> words{"w", rig.a};
  words.set("a", "b");
  CHECK(code_of([&] { words.add("a", "1"); }) == Errc::value_differs);

  std::vector<std::thread> threads;
  numbers.set("count", 100);
  for (int t = 0; t < 5; ++t)
    threads.emplace_back([&, t] {
      Numbers mine{"n", t % 2 == 0 ? rig.a : rig.b};
      for (int i = 0; i < 10; ++i) mine.add("count", -1);
    });
  for (auto& thread : threads) thread.join();
  CHECK(numbers.at("count") == 50);
}

TEST_CASE("a list has the methods of the container") {
  Rig rig;
  List<int> list{"l", rig.a};
  List<int> theirs{"l", rig.b};
  list.append(3);
  list.extend(std::vector{1, 2, 3});
  CHECK(theirs.values() == std::vector{3, 1, 2, 3});
  CHECK(theirs.size() == 4);
  CHECK(theirs.at(-1) == 3);
  CHECK(theirs[1] == 1);
  CHECK_THROWS_AS(theirs.at(4), UnknownIndex);
  CHECK_THROWS_AS(theirs.set(-5, 0), UnknownIndex);
  list[0] = 9;
  list[0] += 1;
  list.insert(1, 7);
  list.insert(100, 8);
  CHECK(list.values() == std::vector{10, 7, 1, 2, 3, 8});
  CHECK(list.count(3) == 1);
  CHECK(list.index(2) == 3);
  CHECK(list.contains(8));
  CHECK_THROWS_AS(list.index(99), UnknownKey);
  list.sort();
  CHECK(theirs.values() == std::vector{1, 2, 3, 7, 8, 10});
  list.sort(std::greater{});
  list.reverse();
  CHECK(list.slice(1, 3) == std::vector{2, 3});
  CHECK(list.slice(-2, 100) == std::vector{8, 10});
  CHECK(list.slice(4, 2).empty());
  list.remove_value(7);
  CHECK(list.values() == std::vector{1, 2, 3, 8, 10});
  CHECK_THROWS_AS(list.remove_value(7), UnknownKey);
  CHECK(list.pop() == 10);
  CHECK(list.pop(0) == 1);
  list.erase(0, 2);
  CHECK(list.compare_and_set(0, 8, 80));
  CHECK_FALSE(list.compare_and_set(0, 8, 81));
  CHECK(theirs.values() == std::vector{80});
  list.clear();
  CHECK_THROWS_AS(list.pop(), UnknownIndex);
  CHECK(list.empty());
}

TEST_CASE("a namespace holds values of different types") {
  Rig rig;
  Namespace space{"ns", rig.a};
  Namespace theirs{"ns", rig.b};
  space.set("x", 5);
  space.set("name", "text");
  space.set("list", std::vector{1.5});
  CHECK(theirs.get<int>("x") == 5);
  CHECK(theirs.get<std::string>("name") == "text");
  CHECK(theirs.get<std::vector<double>>("list") == std::vector{1.5});
  CHECK(theirs.add("x", 2) == 7);
  CHECK(theirs.has("x"));
  CHECK(theirs.names().size() == 3);
  CHECK(theirs.erase("x"));
  CHECK_THROWS_AS(space.get<int>("x"), UnknownKey);
  CHECK(code_of([&] { space.get<int>("name"); }) == Errc::result_undecodable);
}

TEST_CASE("values and arrays are typed and start as zeros, and an index out of range is an error") {
  Rig rig;
  Array<double> doubles{3, rig.a};
  CHECK(doubles.values() == std::vector{0.0, 0.0, 0.0});
  doubles[1] = 2.5;
  doubles.add(2, 0.5);
  CHECK(rig.at_b(doubles).values() == std::vector{0.0, 2.5, 0.5});
  CHECK_THROWS_AS(doubles.at(3), UnknownIndex);
  CHECK_THROWS_AS(doubles.set(-4, 1), UnknownIndex);
  CHECK(doubles.at(-1) == 0.5);
  CHECK(doubles.compare_and_set(0, 0.0, 1.0));
  CHECK(doubles.size() == 3);
  CHECK(Array<bool>{2, rig.a}.values() == std::vector<bool>{false, false});
  CHECK(Array<std::string>{1, rig.a}.at(0).empty());
  CHECK(Array<int>{std::vector{4, 5}, rig.a}.values() == std::vector{4, 5});

  Value<int> value{7, rig.a};
  CHECK(value.get() == 7);
  CHECK(value.add(3) == 10);
  CHECK(value.compare_and_set(10, 11));
  CHECK_FALSE(value.compare_and_set(10, 12));
  Value<int> first{"v", 1, rig.a};
  Value<int> second{"v", 2, rig.b};
  CHECK(second.get() == 1);
  Value<bool> flag{"flag", false, rig.a};
  flag.set(true);
  CHECK(flag.get());
}

namespace {

struct Unit {
  MSGPACK_DEFINE()
  friend bool operator==(const Unit&, const Unit&) = default;
};

// Stores each value everywhere, one after the other, and reads it back.
template <class T>
void check_stored(Rig& rig, const std::vector<T>& values) {
  Manager manager{rig.a};
  auto list = manager.list<T>();
  auto dict = manager.dict<int, T>();
  auto array = manager.array<T>(static_cast<std::int64_t>(values.size()) + 1);
  auto queue = manager.queue<T>();
  CHECK(array.at(-1) == T{});
  CHECK(array.compare_and_set(-1, T{}, values[0]));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T& one = values[i];
    CAPTURE(i);
    const auto index = static_cast<std::int64_t>(i);
    CHECK(manager.value<T>(one).get() == one);
    CHECK(rig.at_b(manager.value<T>(one)).get() == one);
    auto value = manager.value<T>();
    CHECK(value.get() == T{});
    value.set(one);
    CHECK(value.get() == one);
    CHECK(value.compare_and_set(one, values[0]));
    CHECK(value.get() == values[0]);
    list.append(one);
    CHECK(list.at(-1) == one);
    CHECK(list.index(one) == index);
    CHECK(list.contains(one));
    dict.set(static_cast<int>(i), one);
    CHECK(dict.get(static_cast<int>(i)).value() == one);
    CHECK(dict.at(static_cast<int>(i)) == one);
    CHECK(dict.compare_and_set(static_cast<int>(i), one, one));
    CHECK(array.at(index) == T{});
    array.set(index, one);
    CHECK(array.at(index) == one);
    queue.put(one);
    CHECK(queue.get(1s) == one);
  }
  CHECK(list.values() == values);
  CHECK(dict.values() == values);
  for (const T& one : values) list.remove_value(one);
  CHECK(list.empty());
}

}  // namespace

TEST_CASE("what is stored in a container is read back, zeros and empty values too") {
  Rig rig;
  check_stored<std::optional<int>>(rig, {0, std::nullopt, 1, -1});
  check_stored<std::optional<double>>(rig, {0.0, std::nullopt, 0.5});
  check_stored<std::optional<bool>>(rig, {false, std::nullopt, true});
  check_stored<std::optional<std::string>>(rig, {"", std::nullopt, "a"});
  check_stored<std::optional<std::vector<int>>>(rig, {std::vector<int>{}, std::nullopt, std::vector{0}});
  check_stored<std::optional<Unit>>(rig, {Unit{}, std::nullopt});
  check_stored<Unit>(rig, {Unit{}});
  check_stored<std::string>(rig, {"", std::string(1, '\0'), "a"});
  check_stored<std::vector<std::optional<int>>>(rig, {{}, {0}, {std::nullopt}});
  check_stored<std::tuple<>>(rig, {std::tuple<>{}});
  check_stored<bool>(rig, {false, true});
  check_stored<double>(rig, {0.0, 0.5, 5.0, 1e19, 1e300, -1e19});
  check_stored<float>(rig, {0.0F, 0.1F, 3.0F, 1e19F});
}

TEST_CASE("a value begins as its initial value for all clients, also if another client stores zero at once") {
  Rig rig;
  Value<std::optional<int>> value{"v", 5, rig.a};
  Value<std::optional<int>> theirs{"v", 6, rig.b};
  CHECK(theirs.get() == 5);
  theirs.set(0);
  CHECK(value.get() == 0);
  CHECK(Value<std::optional<int>>{"v", 7, rig.b}.get() == 0);
  Array<std::optional<int>> array{3, rig.a};
  array.set(1, 0);
  CHECK(array.values() == std::vector<std::optional<int>>{std::nullopt, 0, std::nullopt});
}

namespace {

// An array as a client of an earlier version makes it: its elements begin as the integer 0.
struct Zeros : detail::RawList {
  template <class T>
  Zeros(std::string_view name, const Array<T>*, const ObjectOptions& options)
      : RawList{name, 2, true, detail::type_hash<T>(), options} {}
};

template <class T>
void check_zeros(Rig& rig, std::string_view name, const T& value) {
  const Zeros zeros{name, static_cast<Array<T>*>(nullptr), rig.a};
  Array<T> array{name, 2, rig.b};
  CHECK(array.values() == std::vector<T>(2));
  CHECK_FALSE(array.compare_and_set(0, value, value));
  CHECK(array.compare_and_set(0, T{}, value));
  CHECK(array.at(0) == value);
  CHECK(array.at(1) == T{});
}

}  // namespace

TEST_CASE("an array that a client of an earlier version has made reads as T{} at first") {
  Rig rig;
  check_zeros<int>(rig, "int", 7);
  check_zeros<double>(rig, "double", 0.5);
  check_zeros<bool>(rig, "bool", true);
  check_zeros<std::string>(rig, "string", "a");
  check_zeros<std::optional<std::string>>(rig, "optional", "a");
  check_zeros<std::vector<int>>(rig, "vector", {1});
}

TEST_CASE("get_lock makes several steps atomic") {
  Rig rig;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Value<int> value{"v", 0, t % 2 == 0 ? rig.a : rig.b};
      for (int i = 0; i < 50; ++i) {
        auto lock = value.get_lock();
        const auto hold = lock.guard();
        value.set(value.get() + 1);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(Value<int>{"v", 0, rig.a}.get() == 200);
  CHECK(Array<int>{"v2", 1, rig.a}.get_lock().name() == "v2:lock");
}

TEST_CASE("proxies nest and stay live") {
  Rig rig;
  Manager manager{rig.a};
  auto outer = manager.dict<std::string, List<int>>();
  auto inner = manager.list<int>({1, 2});
  outer.set("list", inner);
  auto theirs = rig.at_b(outer).at("list");
  theirs.append(3);
  CHECK(inner.values() == std::vector{1, 2, 3});
  auto deep = manager.dict<int, Dict<std::string, List<int>>>();
  deep.set(1, outer);
  deep.at(1).at("list").append(4);
  CHECK(theirs.size() == 4);
  auto queues = manager.list<Queue<int>>();
  queues.append(manager.queue<int>());
  queues.at(0).put(8);
  CHECK(queues.at(0).get() == 8);
}

TEST_CASE("a list can hold more elements than a message") {
  Rig rig;
  std::vector<int> many(50'000);
  std::iota(many.begin(), many.end(), 0);
  Array<int> array{many, rig.a};
  CHECK(array.values() == many);
  std::ranges::reverse(many);
  array.set(-50'000, many);
  CHECK(array.values() == many);
  CHECK(code_of([&] { array.set(1, many); }) == Errc::index_unknown);
  CHECK(code_of([&] { array.set(-50'001, many); }) == Errc::index_unknown);
  CHECK(array.values() == many);
  List<int> list{"long", rig.a};
  list.extend(many);
  CHECK(list.size() == 50'000);
  CHECK(list.values() == many);
  list.sort();
  CHECK(list.at(0) == 0);
  CHECK(std::ranges::is_sorted(list.values()));
}

TEST_CASE("a list of any length is sorted and reversed, as one change") {
  Rig rig;
  constexpr int kMany = 40'000;
  std::vector<int> expected(kMany);
  std::iota(expected.begin(), expected.end(), 0);
  std::vector<int> mixed = expected;
  std::ranges::sort(mixed, {}, [](int one) { return std::pair{one % 97, one}; });
  List<int> list{"l", rig.a};
  list.extend(mixed);
  const List<int> theirs{"l", rig.b};
  const auto before = theirs.version();
  CHECK(theirs.wait_change(before, 0s) == std::nullopt);
  list.sort();
  CHECK(list.values() == expected);
  CHECK(theirs.wait_change(before, 0s)->version == before + 1);
  list.reverse();
  std::ranges::reverse(expected);
  CHECK(list.values() == expected);
  list.sort([](int a, int b) { return a / 1000 < b / 1000; });  // stable
  std::ranges::stable_sort(expected, {}, [](int one) { return one / 1000; });
  CHECK(list.values() == expected);

  List<std::string> large{rig.a};
  for (int i = 0; i < 40; ++i) large.append(std::string(400'000, static_cast<char>('z' - i % 26)));
  large.sort();
  CHECK(std::ranges::is_sorted(large.values()));
  large.reverse();
  CHECK(large.at(0).front() == 'z');
  List<int> none{rig.a};
  none.sort();
  none.reverse();
  CHECK(none.empty());
}

TEST_CASE("no element is lost when a list is sorted while others change it") {
  Rig rig;
  List<int> list{"l", rig.a};
  for (int i = 0; i < 500; ++i) list.append(500 - i);
  std::thread adds{[&] {
    List<int> theirs{"l", rig.b};
    for (int i = 0; i < 200; ++i) theirs.append(-i);
  }};
  for (int i = 0; i < 20; ++i) {
    list.sort();
    list.reverse();
  }
  adds.join();
  list.sort();
  std::vector<int> expected(700);
  std::iota(expected.begin(), expected.end(), -199);
  CHECK(list.values() == expected);
}

TEST_CASE("an operation on more elements than a message holds works for lists, arrays and dicts") {
  Rig rig;
  constexpr int kMany = 40'000;
  std::vector<int> values(kMany);
  std::iota(values.begin(), values.end(), 0);
  List<int> list{rig.a};
  list.extend(values);
  list.extend(list);  // a list is a range
  CHECK(list.size() == 2 * kMany);
  CHECK(list.index(kMany - 1) == kMany - 1);
  CHECK(list.count(7) == 2);
  CHECK(list.slice(kMany - 1, kMany + 1) == std::vector{kMany - 1, 0});
  CHECK(list.slice(-20'000, list.size()).size() == 20'000);
  list.erase(kMany, kMany);
  list.remove_value(kMany - 1);
  CHECK(list.values().size() == kMany - 1);
  CHECK(list.pop() == kMany - 2);
  list.clear();
  CHECK(list.empty());

  Array<int> array{values, rig.a};
  CHECK(array.values() == values);
  CHECK(array.slice(-2, kMany) == std::vector{kMany - 2, kMany - 1});
  std::ranges::reverse(values);
  array.set(0, values);
  CHECK(array.values() == values);
  CHECK_THROWS_AS(array.set(1, values), UnknownIndex);
  CHECK_THROWS_AS(array.set(INT64_MAX, values), UnknownIndex);
  CHECK_THROWS_AS(array.set(INT64_MIN, values), UnknownIndex);
  CHECK(array.values() == values);

  std::map<int, int> pairs;
  for (const int one : values) pairs[one] = -one;
  Dict<int, int> dict{rig.a};
  dict.update(pairs);
  Dict<int, int> copy{rig.a};
  copy.update(dict);  // a dict is a range of pairs
  CHECK(copy.size() == kMany);
  CHECK(std::map<int, int>(copy.begin(), copy.end()) == pairs);
  CHECK(copy.keys().size() == kMany);
  copy.clear();
  CHECK(copy.empty());
}

TEST_CASE("lists, arrays and dicts can be walked through, as they were at the beginning") {
  Rig rig;
  Manager manager{rig.a};
  auto list = manager.list<int>({1, 2, 3});
  std::vector<int> seen;
  for (const int one : list) {
    seen.push_back(one);
    list.append(one);
  }
  CHECK(seen == std::vector{1, 2, 3});
  CHECK(std::vector<int>(list.begin(), list.end()) == list.values());
  CHECK(std::ranges::count(list, 2) == 2);
  seen.clear();
  for (const int one : list.slice(1, 3)) seen.push_back(one);
  CHECK(seen == std::vector{2, 3});
  const auto flags = manager.array<bool>({true, false, true});
  int set = 0;
  for (const bool one : flags) set += one ? 1 : 0;
  CHECK(set == 2);
  auto dict = manager.dict<std::string, int>();
  dict.update(std::map<std::string, int>{{"a", 1}, {"b", 2}});
  std::string text;
  for (const auto& [key, value] : dict) text += key + std::to_string(value);
  CHECK(text == "a1b2");
  CHECK(dict.begin()->first == "a");
  for (const int one : manager.list<int>()) CHECK(one == 0);  // there is none
  static_assert(std::ranges::forward_range<List<std::string>> && std::ranges::forward_range<Dict<int, int>>);
  static_assert(!std::ranges::range<Value<int>> && !std::ranges::range<Queue<int>> && !std::ranges::range<Namespace>);
}

TEST_CASE("every object of a manager fails after its shutdown") {
  Rig rig;
  Manager manager{rig.a};
  auto dict = manager.dict<int, int>();
  auto lock = manager.lock();
  auto value = manager.value<int>(3);
  auto queue = manager.joinable_queue<int>(5);
  auto event = manager.event();
  auto theirs = rig.at_b(dict);
  CHECK(manager.array<int>(2).size() == 2);
  CHECK(manager.semaphore(2).value() == 2);
  CHECK(manager.bounded_semaphore().value() == 1);
  CHECK(manager.barrier(2).parties() == 2);
  CHECK(manager.rlock().try_acquire());
  CHECK(manager.condition().try_lock());
  manager.ns().set("a", 1);
  auto waiting = event.wait_async();
  manager.shutdown();
  manager.shutdown();
  CHECK(code_of([&] { dict.set(1, 1); }) == Errc::object_unknown);
  CHECK(code_of([&] { theirs.size(); }) == Errc::object_unknown);
  CHECK(code_of([&] { lock.acquire(); }) == Errc::object_unknown);
  CHECK(code_of([&] { value.get(); }) == Errc::object_unknown);
  CHECK(code_of([&] { queue.put(1); }) == Errc::object_unknown);
  CHECK(code_of([&] { waiting.get_for(10s); }) == Errc::object_unknown);
  CHECK(code_of([&] { manager.list<int>(); }) == Errc::object_closed);
}

}  // namespace forkmill::tests::manager_test
