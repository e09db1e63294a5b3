// Long chains of futures: their length costs no stack, and nothing is kept of what has ended.
#include <deque>
#include <functional>

#include "tests/unit/client/promised.h"
#include "tests/unit/client/small_stack.h"

namespace depth_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

constexpr int kDeep = 100'000;

// Callbacks by hand, and tasks that end in the order of their submission.
struct Deep : ByHand {
  std::deque<Promised<int>> tasks;

  Future<int> submit() {
    tasks.push_back(promise<int>());
    return std::move(tasks.back().future);
  }
  // Ends the oldest task, and runs the callbacks that become due.
  void end_one(int value = 0) {
    tasks.front().value(value);
    tasks.pop_front();
    settle();
  }
  void settle() {
    while (executor->run() > 0) continue;
  }
  // How many states are alive that hang together with this client.
  std::uint32_t alive() const { return origin->keepers(); }
};

// A loop of callbacks: each round submits a task, and its callback returns the next round.
struct Loop : Deep {
  int rounds = 0;
  bool keep_rounds = false;
  std::vector<SharedFuture<int>> kept;

  Future<int> step() {
    auto round = submit().then([this](int) -> Future<int> {
      if (++rounds == kDeep) return make_last();
      return step();
    });
    if (!keep_rounds) return round;
    kept.push_back(round.share());
    return kept.back().then([](int value) { return value; });
  }
  Future<int> make_last() { return submit(); }
};

Future<void> fold(std::vector<Promised<int>>& tasks) {
  auto all = when_all(std::vector<Future<void>>{});
  for (auto& task : tasks) {
    std::vector<Future<void>> both;
    both.push_back(std::move(all));
    both.push_back(Future<void>{detail::Ref<detail::State>{task.state}});
    task.future = {};
    all = when_all(std::move(both));
  }
  return all;
}

std::vector<Promised<int>> void_tasks(Threaded& client, int count) {
  std::vector<Promised<int>> made;
  for (int i = 0; i < count; ++i) {
    made.push_back(client.promise<int>());
    made.back().state->decode_by(&detail::decode_into<void>);
  }
  return made;
}

void succeed(Promised<int>& task) {
  task.bytes("\xC0");  // nil
}

}  // namespace

TEST_CASE_FIXTURE(Loop, "a loop of callbacks keeps nothing of its earlier rounds") {
  on_small_stack([&] {
    auto last = step();
    end_one();
    end_one();
    const auto few = alive();
    while (rounds < kDeep) end_one();
    CHECK(alive() <= few);
    end_one(7);
    CHECK(last.get() == 7);
  });
  CHECK(rounds == kDeep);
}

TEST_CASE_FIXTURE(Loop, "rounds of a loop of callbacks that the program keeps end all, without depth of stack") {
  keep_rounds = true;
  on_small_stack([&] {
    auto last = step();
    while (rounds < kDeep) end_one();
    CHECK_FALSE(last.ready());
    end_one(7);
    CHECK(last.get() == 7);
    for (auto& round : kept) REQUIRE(round.get() == 7);
    kept.clear();
  });
}

TEST_CASE_FIXTURE(Loop, "cancel of a loop of callbacks reaches the task of its present round") {
  on_small_stack([&] {
    auto last = step();
    while (rounds < kDeep - 1) end_one();
    const auto id = tasks.front().state->id();
    last.cancel();
    REQUIRE(origin->cancelled.size() == 1);
    CHECK(origin->cancelled[0] == id);
    tasks.front().error(Cancelled{});
    settle();
    CHECK_THROWS_AS(last.get(), Cancelled);
  });
}

TEST_CASE_FIXTURE(Deep, "a cancel that comes while a callback runs reaches the future that it returns") {
  Future<int> whole;
  whole = submit().then([&](int) {
    whole.cancel();
    return submit();
  });
  end_one();
  REQUIRE(origin->cancelled.size() == 2);  // the task that has ended, and the next one
  CHECK(origin->cancelled[1] == tasks.front().state->id());
  tasks.front().error(Cancelled{});
  CHECK_THROWS_AS(whole.get(), Cancelled);
}

TEST_CASE_FIXTURE(Loop, "a deep chain of futures that wait for each other may be dropped, cancelled or never end") {
  keep_rounds = true;
  on_small_stack([&] {
    auto last = step();
    while (rounds < kDeep - 1) end_one();
    kept.clear();
    last.cancel();
    CHECK(origin->cancelled.size() == 1);
    tasks.clear();  // the last task never ends: its state is dropped with all that waits for it
    last = {};
    CHECK(alive() == 1);
  });
}

TEST_CASE_FIXTURE(Deep, "an error passes through a long chain of then, and the chain keeps it alone") {
  on_small_stack([&] {
    auto end = submit();
    for (int i = 0; i < kDeep; ++i) end = end.then([](int value) { return value; });
    tasks.front().error(Expired{});
    tasks.clear();
    settle();
    CHECK_THROWS_AS(end.get(), Expired);
    CHECK(alive() <= 3);  // the client of the test, the end, and the state with the error
  });
}

TEST_CASE_FIXTURE(Deep, "a long chain of then whose executor has stopped ends") {
  on_small_stack([&] {
    auto end = submit();
    for (int i = 0; i < kDeep; ++i) end = end.then([](int value) { return value; });
    executor->stop();
    tasks.front().value(1);
    CHECK_THROWS_AS(end.get(), Disconnected);
  });
}

TEST_CASE_FIXTURE(Deep, "a long chain of then that never ends may be dropped") {
  on_small_stack([&] {
    auto end = submit();
    for (int i = 0; i < kDeep; ++i) end = end.finally([] {});
    tasks.clear();
    CHECK(alive() == 2);
    end = {};
    CHECK(alive() == 1);
  });
}

TEST_CASE_FIXTURE(Deep, "a folded when_all ends with its last task, in any order, and keeps none of them") {
  on_small_stack([&] {
    for (const bool backwards : {false, true}) {
      auto parts = void_tasks(*this, kDeep);
      auto all = fold(parts);
      for (int i = 0; i < kDeep; ++i) {
        CHECK_FALSE(all.ready());
        succeed(parts[static_cast<std::size_t>(backwards ? kDeep - 1 - i : i)]);
      }
      all.get();
      parts.clear();
      CHECK(alive() == 2);
    }
  });
}

TEST_CASE_FIXTURE(Deep, "an error, a cancel and the end of the program pass through a folded when_all") {
  on_small_stack([&] {
    auto parts = void_tasks(*this, kDeep);
    auto all = fold(parts);
    all.cancel();
    CHECK(origin->cancelled.size() == kDeep);
    parts[0].error(Cancelled{});
    CHECK_THROWS_AS(all.get(), Cancelled);
    parts.clear();  // the others never end
    CHECK(alive() == 2);

    auto dropped = void_tasks(*this, kDeep);
    all = fold(dropped);
    for (auto& task : dropped) task.error(Expired{});
    CHECK_THROWS_AS(all.get(), Expired);
  });
}

TEST_CASE_FIXTURE(Deep, "when_all of many futures") {
  on_small_stack([&] {
    std::vector<Future<int>> futures;
    for (int i = 0; i < kDeep; ++i) futures.push_back(submit());
    auto all = when_all(std::move(futures));
    for (int i = 0; i < kDeep; ++i) end_one(i);
    CHECK(all.get().size() == kDeep);
  });
}

TEST_CASE_FIXTURE(Deep, "a future that lives long keeps nothing of the when_any that were made with it") {
  std::vector<Future<int>> futures;
  futures.push_back(submit());
  auto long_lived = std::move(tasks.front());
  tasks.clear();
  futures.push_back(submit());
  const auto few = alive();
  for (int i = 0; i < kDeep; ++i) {
    auto any = when_any(std::move(futures));
    end_one();
    auto ended = std::move(any).get();
    REQUIRE(ended.index == 1);
    futures = std::move(ended.futures);
    futures[1] = submit();
  }
  CHECK(alive() == few);
  long_lived.value(1);
  CHECK(futures[0].get() == 1);
}

TEST_CASE_FIXTURE(Deep, "when_any over the same futures until each is ready keeps one round") {
  constexpr int kMany = 3000;
  std::vector<Future<int>> futures;
  for (int i = 0; i < kMany; ++i) futures.push_back(submit());
  for (auto left = futures.size(); left > 0; --left) {
    auto any = when_any(std::move(futures));
    end_one();
    auto ended = std::move(any).get();
    futures = std::move(ended.futures);
    futures.erase(futures.begin() + static_cast<std::ptrdiff_t>(ended.index));
    REQUIRE(alive() <= left + 2);  // the pending ones, the client of the test, and the when_any
  }
}

TEST_CASE_FIXTURE(Deep, "an input of an ended when_all and of a loop that was left keeps nothing of them") {
  auto task = promise<int>();
  const auto few = alive();
  for (int i = 0; i < 10; ++i) {
    std::vector<Future<RawResult>> futures;
    futures.push_back(task.raw());
    auto failing = promise<RawResult>();
    futures.push_back(std::move(failing.future));
    auto all = when_all(std::move(futures));
    failing.error(Expired{});
    CHECK_THROWS_AS(all.get(), Expired);
  }
  CHECK(alive() == few);
  for (int i = 0; i < 10; ++i) {
    std::vector<Future<RawResult>> futures;
    futures.push_back(task.raw());
    auto ready = promise<RawResult>();
    futures.push_back(std::move(ready.future));
    ready.error(Expired{});
    for (auto& first : as_completed(std::move(futures))) {
      CHECK_FALSE(first.successful());
      break;
    }
  }
  CHECK(alive() == few);
}

namespace {

Future<int> sum_of(Deep& client, int depth) {
  co_await client.submit();
  if (depth == 0) co_return 0;
  co_return 1 + co_await sum_of(client, depth - 1);
}

}  // namespace

TEST_CASE_FIXTURE(Deep, "coroutines that await each other end without depth of stack, also if their executor is gone") {
  on_small_stack([&] {
    auto sum = sum_of(*this, kDeep);
    while (!tasks.empty()) end_one();
    CHECK(sum.get() == kDeep);

    auto stopped = sum_of(*this, kDeep);
    for (int i = 0; i < kDeep / 2; ++i) end_one();
    executor->stop();
    while (!tasks.empty()) end_one();
    CHECK(stopped.get() == kDeep);
  });
}

TEST_CASE_FIXTURE(Deep, "callbacks that are registered within callbacks run, however many there are") {
  on_small_stack([&] {
    auto shared = submit().share();
    int called = 0;
    std::function<void()> again = [&] {
      if (++called < kDeep) shared.then([&](int) { again(); });
    };
    shared.then([&](int) { again(); });
    end_one();
    CHECK(called == kDeep);
  });
}

namespace {

ClientOptions without_broker(std::shared_ptr<Executor> executor) {
  ClientOptions options;
  options.endpoint = "ipc:///tmp/forkmill-no-broker";
  options.executor = std::move(executor);
  return options;
}

constexpr Task<int(int)> kTwice{"test.twice"};

}  // namespace

TEST_CASE("a client is closed and destroyed while long chains are outstanding") {
  on_small_stack([] {
    Future<int> ends;
    Future<int> dropped;
    const auto chain = [](Client& client) {
      auto end = client.submit(kTwice, 1);
      for (int i = 0; i < kDeep; ++i) end = end.then([](int value) { return value; });
      return end;
    };
    {
      auto executor = std::make_shared<ManualExecutor>();
      Client client{without_broker(executor)};
      ends = chain(client);
      client.close();
      while (client.poll() > 0) continue;
      CHECK_THROWS_AS((void)ends.get(), Disconnected);
      Client another{without_broker(std::make_shared<ManualExecutor>())};
      dropped = chain(another);
    }
    CHECK_THROWS_AS((void)dropped.get(), Disconnected);  // its callbacks were dropped with their executor
  });
}

}  // namespace depth_test
