// Wrong uses of the toolkit: each is refused with an error of its own.
#include <limits>
#include <map>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::bad_input_test {

namespace {

struct Tree {
  std::vector<Tree> children;
  MSGPACK_DEFINE(children)
};

Tree nested(int depth) {
  Tree tree;
  for (int i = 1; i < depth; ++i) {
    Tree above;
    above.children.push_back(std::move(tree));
    tree = std::move(above);
  }
  return tree;
}

}  // namespace

TEST_CASE("another kind, size or kind of lock under a name in use is an error") {
  Rig rig;
  const Lock lock{"x", rig.a};
  CHECK(code_of([&] { Event{"x", rig.b}; }) == Errc::object_differs);
  CHECK(code_of([&] { RLock{"x", rig.b}; }) == Errc::object_differs);
  const Queue<int> queue{"q", 3, rig.a};
  CHECK(code_of([&] { Queue<int>{"q", 4, rig.b}; }) == Errc::object_differs);
  const Semaphore semaphore{"s", 3, rig.a};
  CHECK(code_of([&] { Semaphore{"s", 2, rig.b}; }) == Errc::object_differs);
  CHECK(code_of([&] { BoundedSemaphore{"s", 3, rig.b}; }) == Errc::object_differs);
  const Barrier barrier{"b", 3, {}, rig.a};
  CHECK(code_of([&] { Barrier{"b", 2, {}, rig.b}; }) == Errc::object_differs);
  const List<int> list{"l", rig.a};
  CHECK(code_of([&] { Array<int>{"l", 0, rig.b}; }) == Errc::object_differs);
}

TEST_CASE("an element of another type is an error") {
  Rig rig;
  const Queue<int> queue{"q", 0, rig.a};
  CHECK(code_of([&] { Queue<std::string>{"q", 0, rig.b}; }) == Errc::object_differs);
  const Dict<int, int> dict{"d", rig.a};
  CHECK(code_of([&] { Dict<int, std::string>{"d", rig.b}; }) == Errc::object_differs);
  CHECK(code_of([&] { Namespace{"d", rig.b}; }) == Errc::object_differs);
  const Value<int> value{"v", 0, rig.a};
  CHECK(code_of([&] { Value<double>{"v", 0, rig.b}; }) == Errc::object_differs);
}

TEST_CASE("must_exist and must_be_new are kept") {
  Rig rig;
  CHECK(code_of([&] { Lock{"x", ObjectOptions{rig.a}.must_exist()}; }) == Errc::object_unknown);
  Lock lock{"x", ObjectOptions{rig.a}.must_be_new()};
  CHECK(code_of([&] { Lock{"x", ObjectOptions{rig.b}.must_be_new()}; }) == Errc::object_exists);
  lock.remove();
  CHECK(code_of([&] { lock.acquire(); }) == Errc::object_unknown);
}

TEST_CASE("invalid names are refused") {
  Rig rig;
  CHECK(code_of([&] { Lock{std::string(129, 'x'), rig.a}; }) == Errc::name_invalid);
  CHECK(code_of([&] { Lock{"with space", rig.a}; }) == Errc::name_invalid);
  CHECK(code_of([&] { Condition{std::string(128, 'x'), rig.a}; }) == Errc::name_invalid);
  CHECK(Lock{std::string(128, 'x'), rig.a}.try_acquire());
}

TEST_CASE("negative sizes are refused") {
  Rig rig;
  CHECK_THROWS_AS((Queue<int>{-1, rig.a}), std::invalid_argument);
  CHECK_THROWS_AS((Semaphore{-1, rig.a}), std::invalid_argument);
  CHECK_THROWS_AS((BoundedSemaphore{-1, rig.a}), std::invalid_argument);
  CHECK_THROWS_AS((Barrier{0, {}, rig.a}), std::invalid_argument);
  CHECK_THROWS_AS((Array<int>{-1, rig.a}), std::invalid_argument);
  Semaphore semaphore{0, rig.a};
  CHECK_THROWS_AS(semaphore.release(0), std::invalid_argument);
  Condition condition{rig.a};
  CHECK_THROWS_AS(condition.notify(-1), std::invalid_argument);
}

TEST_CASE("values that are too large or nested too deep are refused") {
  Rig rig;
  const std::string large(64 * 1024 * 1024 + 1, 'x');
  Queue<std::string> queue{rig.a};
  CHECK(code_of([&] { queue.put(large); }) == Errc::payload_too_large);
  Dict<int, std::string> dict{rig.a};
  CHECK(code_of([&] { dict.set(1, large); }) == Errc::payload_too_large);
  auto [here, there] = pipe<std::string>(true, rig.a);
  CHECK(code_of([&] { here.send_bytes(large); }) == Errc::payload_too_large);

  Dict<int, Tree> trees{rig.a};
  trees.set(1, nested(10));
  CHECK(trees.at(1).children.size() == 1);
  CHECK(code_of([&] { trees.set(2, nested(200)); }) == Errc::payload_too_large);
  trees.set(3, nested(25));
  CHECK(trees.at(3).children.size() == 1);
}

TEST_CASE("arguments for a dead letter that no broker takes are refused, and the client goes on") {
  Rig rig;
  const std::vector<char> too_many(80'000'000, 'x');
  const RetryDeadLetter retry{.task = TaskId::make(1, 2, 3).to_string(),
                              .arguments = std::string{too_many.begin(), too_many.end()}};
  CHECK(code_of([&] { rig.a.command(retry).get(); }) == Errc::payload_too_large);
  CHECK(code_of([&] { rig.a.command(RetryDeadLetter{.task = retry.task}).get(); }) == Errc::task_unknown);
}

TEST_CASE("an integer that the elements cannot hold is refused, and nothing is put in") {
  Rig rig;
  Queue<std::uint8_t> queue{0, rig.a};
  CHECK_THROWS_AS(queue.put_many(std::vector<int>{1, 300}), std::out_of_range);
  CHECK_THROWS_AS(queue.put_many(std::vector<int>{-1}), std::out_of_range);
  CHECK(queue.empty());
  queue.put_many(std::vector<int>{0, 255});
  CHECK(queue.get_many(2) == std::vector<std::uint8_t>{0, 255});
  CHECK_THROWS_AS((Value<std::uint8_t>{300, rig.a}), std::out_of_range);
  CHECK(Value<std::uint8_t>{200, rig.a}.get() == 200);
  CHECK(Value<double>{3, rig.a}.get() == 3);
  List<std::int8_t> list{rig.a};
  CHECK_THROWS_AS(list.extend(std::vector<int>{1, 128}), std::out_of_range);
  CHECK(list.empty());
  Dict<unsigned, short> dict{rig.a};
  CHECK_THROWS_AS(dict.update(std::map<int, int>{{-1, 1}}), std::out_of_range);
  CHECK_THROWS_AS(dict.update(std::map<int, int>{{1, 40'000}}), std::out_of_range);
  dict.update(std::map<int, int>{{1, 30'000}});
  CHECK(dict.at(1) == 30'000);
  Dict<int, std::vector<short>> shorts{rig.a};
  CHECK_THROWS_AS(shorts.append(1, 40'000), std::out_of_range);
  CHECK(shorts.append(1, 4) == 1);
}

// NOLINTBEGIN(bugprone-use-after-move): what is tested
TEST_CASE("every member of a moved-from handle throws std::logic_error") {
  Rig rig;
  const auto changes = [](const auto&) {};
  Dict<int, int> dict{rig.a};
  const auto moved_dict = std::move(dict);
  CHECK_THROWS_AS((void)dict.watch(changes), std::logic_error);
  CHECK_THROWS_AS(dict.update(std::map<int, int>{}), std::logic_error);
  CHECK_THROWS_AS(dict.version(), std::logic_error);
  List<int> list{rig.a};
  const auto moved_list = std::move(list);
  CHECK_THROWS_AS((void)list.watch(changes), std::logic_error);
  CHECK_THROWS_AS(list.extend(std::vector<int>{}), std::logic_error);
  CHECK_THROWS_AS(list.reverse(), std::logic_error);
  CHECK_THROWS_AS(list.begin(), std::logic_error);
  Array<int> array{3, rig.a};
  const auto moved_array = std::move(array);
  CHECK_THROWS_AS((void)array.watch(changes), std::logic_error);
  CHECK_THROWS_AS(array.set(0, std::vector<int>{}), std::logic_error);
  CHECK_THROWS_AS(array.get_lock(), std::logic_error);
  Value<int> value{rig.a};
  const auto moved_value = std::move(value);
  CHECK_THROWS_AS((void)value.watch(changes), std::logic_error);
  CHECK_THROWS_AS(value.get(), std::logic_error);
  Queue<int> queue{0, rig.a};
  queue.put(1);
  auto leased = queue.get_leased();
  auto moved_leased = std::move(leased);
  CHECK_THROWS_AS(leased.ack(), std::logic_error);
  CHECK_THROWS_AS(leased.nack(), std::logic_error);
  moved_leased.ack();
  CHECK(code_of([&] { moved_leased.ack(); }) == Errc::over_released);
  const auto moved_queue = std::move(queue);
  CHECK_THROWS_AS(queue.close(), std::logic_error);
  CHECK_THROWS_AS(queue.closed(), std::logic_error);
  CHECK_THROWS_AS(queue.put_many(std::vector<int>{}), std::logic_error);
  CHECK_THROWS_AS(queue.get_many(0), std::logic_error);
  CHECK_THROWS_AS(queue.get_async(), std::logic_error);
  Event event{rig.a};
  const auto moved_event = std::move(event);
  CHECK_THROWS_AS(event.wait(), std::logic_error);
  CHECK_THROWS_AS(event.wait_async(), std::logic_error);
}
// NOLINTEND(bugprone-use-after-move)

TEST_CASE("a time limit that is not a number is refused") {
  Rig rig;
  constexpr std::chrono::duration<double> kNone{std::numeric_limits<double>::quiet_NaN()};
  Event event{rig.a};
  CHECK_THROWS_AS(event.wait(kNone), std::invalid_argument);
  Lock lock{rig.a};
  CHECK_THROWS_AS(lock.acquire(kNone), std::invalid_argument);
  CHECK_THROWS_AS(lock.try_lock_for(kNone), std::invalid_argument);
  CHECK_FALSE(lock.locked());
  Queue<int> queue{0, rig.a};
  CHECK_THROWS_AS(queue.get(kNone), std::invalid_argument);
  CHECK_THROWS_AS(queue.try_get(kNone), std::invalid_argument);
  CHECK_THROWS_AS(queue.put(1, kNone), std::invalid_argument);
  auto [here, there] = pipe<int>(true, rig.a);
  CHECK_THROWS_AS(here.recv(kNone), std::invalid_argument);
  CHECK_THROWS_AS(here.poll(kNone), std::invalid_argument);
  Dict<int, int> dict{rig.a};
  CHECK_THROWS_AS(dict.wait_change(0, kNone), std::invalid_argument);
  Barrier barrier{2, {}, rig.a};
  CHECK_THROWS_AS(barrier.wait(kNone), std::invalid_argument);
  auto later = queue.get_async();
  CHECK_THROWS_AS(later.get_for(kNone), std::invalid_argument);
  CHECK_THROWS_AS(later.wait_for(kNone), std::invalid_argument);
  queue.put(1);
  CHECK(later.get() == 1);
}

TEST_CASE("objects of a closed client throw") {
  Rig rig;
  Client client{rig.broker.endpoint()};
  Lock lock{"x", client};
  Queue<int> queue{client};
  auto waiting = queue.get_async();
  lock.acquire();
  client.close();
  CHECK(code_of([&] { lock.release(); }) == Errc::client_closed);
  CHECK(code_of([&] { queue.get(); }) == Errc::client_closed);
  CHECK(code_of([&] { waiting.get(); }) == Errc::client_closed);
  CHECK(Lock{"x", rig.b}.acquire(10s));  // GOODBYE has arrived
}

}  // namespace forkmill::tests::bad_input_test
