// Queue, SimpleQueue and JoinableQueue.
#include <atomic>
#include <map>
#include <numeric>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::queue_test {

TEST_CASE("a queue is first in, first out, with sizes and non-blocking put and get") {
  Rig rig;
  Queue<std::string> in{"q", 2, rig.a};
  Queue<std::string> out{"q", 2, rig.b};
  CHECK(in.empty());
  in.put("one");
  in.put_nowait("two");
  CHECK(out.full());
  CHECK(out.qsize() == 2);
  CHECK(out.maxsize() == 2);
  CHECK_THROWS_AS(in.put_nowait("three"), Full);
  CHECK_FALSE(in.try_put("three"));
  CHECK(out.get() == "one");
  CHECK(out.get_nowait() == "two");
  CHECK_THROWS_AS(out.get_nowait(), Empty);
  CHECK(out.try_get() == std::nullopt);
  CHECK_THROWS_AS(out.get(-1s), Empty);
  CHECK(code_of([&] { out.get(0s); }) == Errc::object_empty);
}

TEST_CASE("Full and Empty are thrown at the time limit") {
  Rig rig;
  Queue<int> queue{1, rig.a};
  auto start = now();
  CHECK_THROWS_AS(queue.get(200ms), Empty);
  CHECK(now() - start >= 200ms);
  CHECK(now() - start < 10s);
  queue.put(1);
  start = now();
  CHECK_THROWS_AS(queue.put(2, 200ms), Full);
  CHECK(now() - start >= 200ms);
  CHECK(now() - start < 10s);
  CHECK(queue.get() == 1);
  CHECK(queue.empty());  // an item that was given up is not in the queue
}

TEST_CASE("an error names its queue, once") {
  Rig rig;
  Queue<int> queue{"jobs", 1, rig.a};
  const auto text_of = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  CHECK(text_of([&] { queue.get_nowait(); }) == "the object is empty: 'jobs'. Wait longer [object_empty]");
  queue.put(1);
  for (const auto limit : {0ms, 20ms})
    CHECK(text_of([&] { queue.put(2, limit); }) ==
          "the object is full: 'jobs'. Wait longer, or make the object larger [object_full]");
}

TEST_CASE("put waits for space and get for an item") {
  Rig rig;
  Queue<int> mine{"q", 1, rig.a};
  Queue<int> theirs{"q", 1, rig.b};
  auto later = theirs.get_async();
  mine.put(1);
  CHECK(later.get_for(10s) == 1);
  mine.put(2);
  auto waiting = mine.put_async(3);
  CHECK_FALSE(waiting.wait_for(20ms));
  CHECK(theirs.get() == 2);
  waiting.get_for(10s);
  CHECK(theirs.get(10s) == 3);
}

TEST_CASE("items of each producer arrive once and in order") {
  Rig rig;
  constexpr int kEach = 500;
  std::vector<std::thread> producers;
  producers.reserve(4);
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&, p] {
      Queue<std::pair<int, int>> queue{"q", 10, p % 2 == 0 ? rig.a : rig.b};
      for (int i = 0; i < kEach; ++i) queue.put({p, i});
    });
  }
  Queue<std::pair<int, int>> queue{"q", 10, rig.b};
  std::map<int, int> next;
  for (int i = 0; i < 4 * kEach; ++i) {
    const auto [producer, number] = queue.get();
    CHECK(number == next[producer]++);
  }
  for (auto& producer : producers) producer.join();
  CHECK(queue.empty());
}

TEST_CASE("many items travel in few messages, in order, also through a bounded queue") {
  Rig rig;
  constexpr int kItems = 20'000;
  std::vector<int> numbers(kItems);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::thread producer{[&] { Queue<int>{"q", 1000, rig.a}.put_many(numbers); }};
  Queue<int> queue{"q", 1000, rig.b};
  std::vector<int> got;
  while (got.size() < kItems) {
    const auto some = queue.get_many(700);
    CHECK(some.size() <= 700);
    got.insert(got.end(), some.begin(), some.end());
  }
  producer.join();
  CHECK(got == numbers);
  CHECK(queue.get_many(0).empty());
  CHECK_THROWS_AS(queue.get_many(5, 0s), Empty);
  Queue<int> small{2, rig.a};
  CHECK(code_of([&] { small.put_many(std::vector{1, 2, 3}, 0s); }) == Errc::object_full);
  CHECK(small.get_many(5) == std::vector{1, 2});
}

TEST_CASE("large and empty items arrive") {
  Rig rig;
  Queue<std::string> queue{rig.a};
  const std::string large(20'000'000, 'x');  // NOLINT(bugprone-string-constructor): many bytes are meant
  queue.put(large);
  queue.put("");
  queue.put_many(std::vector<std::string>(10, std::string(100'000, 'y')));
  CHECK(queue.get() == large);
  CHECK(queue.get().empty());
  for (int i = 0; i < 10; ++i) CHECK(queue.get().size() == 100'000);
}

TEST_CASE("a leased item returns to the head of the queue unless it is acknowledged") {
  Rig rig;
  Queue<int> queue{"q", 0, rig.a};
  queue.put_many(std::vector{1, 2, 3});
  {
    const auto dropped = queue.get_leased();
    CHECK(dropped.value() == 1);
  }
  REQUIRE(eventually([&] { return queue.qsize() == 3; }));
  auto kept = queue.get_leased(1s);
  CHECK(kept.value() == 1);
  kept.ack();
  CHECK(code_of([&] { kept.ack(); }) == Errc::over_released);
  auto refused = queue.get_leased();
  refused.nack();
  CHECK(queue.get() == 2);
  CHECK(queue.get() == 3);
  CHECK_THROWS_AS(queue.get_leased(0s), Empty);
}

TEST_CASE("put and get after close are errors on all copies, and closing again is allowed") {
  Rig rig;
  Queue<int> queue{"q", 0, rig.a};
  auto copy = queue;
  queue.put(1);
  queue.close();
  queue.close();
  CHECK(copy.closed());
  CHECK(code_of([&] { copy.put(2); }) == Errc::object_closed);
  CHECK(code_of([&] { queue.get(); }) == Errc::object_closed);
  CHECK(code_of([&] { queue.put_async(1); }) == Errc::object_closed);
  CHECK(Queue<int>{"q", 0, rig.b}.get() == 1);
}

TEST_CASE("join of a joinable queue waits for every item, and one task_done too many is an error") {
  Rig rig;
  JoinableQueue<int> queue{"q", 0, rig.a};
  queue.join();
  queue.put_many(std::vector{1, 2, 3});
  CHECK_FALSE(queue.join(50ms));
  std::atomic<int> done{0};
  std::thread consumer{[&] {
    JoinableQueue<int> theirs{"q", 0, rig.b};
    for (int i = 0; i < 3; ++i) {
      theirs.get();
      ++done;
      theirs.task_done();
    }
  }};
  queue.join();
  CHECK(done == 3);
  consumer.join();
  CHECK(queue.unfinished() == 0);
  CHECK(code_of([&] { queue.task_done(); }) == Errc::over_released);
}

TEST_CASE("a loop over a queue ends at the sentinel") {
  Rig rig;
  Queue<std::string> queue{rig.a};
  queue.put_many(std::vector<std::string>{"a", "b", "end", "c"});
  std::string all;
  for (const auto& item : queue.until("end")) all += item;
  CHECK(all == "ab");
  CHECK(queue.get() == "c");
}

TEST_CASE("a queue can be passed through a queue") {
  Rig rig;
  SimpleQueue<Queue<int>> post{"post", rig.a};
  Queue<int> answers{rig.a};
  post.put(answers);
  std::thread other{[&] {
    SimpleQueue<Queue<int>> theirs{"post", rig.b};
    auto reply = theirs.get();
    reply.put(42);
  }};
  CHECK(answers.get(10s) == 42);
  other.join();
  CHECK(post.empty());
  CHECK(signature_of<Queue<int>>() == "forkmill.Queue<i32>");
}

TEST_CASE("an unnamed queue is removed with its last handle") {
  Rig rig;
  std::string name;
  {
    const Queue<int> queue{rig.a};
    name = queue.name();
    const auto copy = rig.at_b(queue);
    CHECK(copy.qsize() == 0);
  }
  CHECK(eventually([&] {
    return code_of([&] { Queue<int>{name, 0, ObjectOptions{rig.b}.must_exist()}; }) == Errc::object_unknown;
  }));
}

TEST_CASE("hundreds of thousands of items from one producer to one consumer, in batches") {
  Rig rig;
  constexpr std::size_t kItems = 300'000;
  const std::vector<int> numbers(kItems, 7);
  const auto start = now();
  std::thread producer{[&] { Queue<int>{"q", 0, rig.a}.put_many(numbers); }};
  Queue<int> queue{"q", 0, rig.b};
  std::size_t got = 0;
  while (got < kItems) got += queue.get_many(4096).size();
  producer.join();
  const auto rate = static_cast<double>(kItems) / std::chrono::duration<double>(now() - start).count();
  MESSAGE("items a second: " << static_cast<long>(rate));
  CHECK(got == kItems);
}

}  // namespace forkmill::tests::queue_test
