// Dict, List, Namespace, Value, Array and the Manager.
#include <algorithm>
#include <numeric>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests {

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
  CHECK(code_of([&] { list.sort(); }) == Errc::message_too_large);  // which is one change, or none
  CHECK(list.values() == many);
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

}  // namespace forkmill::tests
