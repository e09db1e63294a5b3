// Futures that several threads resolve, combine, wait for and give up at once. For the ring with the thread sanitizer.
#include <atomic>
#include <functional>
#include <thread>

#include "tests/unit/client/promised.h"

namespace race_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

// Runs each callback in a thread of its own.
class ThreadForEach final : public Executor {
 public:
  void execute(Work work) override {
    std::thread{[work = std::move(work)]() mutable { work(); }}.detach();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Threaded, "futures may be combined, waited for and given up while other threads resolve them") {
  constexpr int kRounds = 50;
  constexpr std::size_t kTasks = 8;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Promised<int>> tasks;
    std::vector<SharedFuture<int>> shared;
    for (std::size_t i = 0; i < kTasks; ++i) {
      tasks.push_back(promise<int>());
      shared.push_back(std::move(tasks.back().future).share());
    }
    auto chained = shared[0].then([&](int) {
      return shared[2].then([&](int) { return shared[4].then([&](int) { return shared[6].future(); }); });
    });
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kTasks; i += 2) {
      threads.emplace_back([&, i] {
        tasks[i].value(static_cast<int>(i));
        tasks[i + 1].error(Expired{});
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        auto any = when_any(shared);
        auto all = when_all(shared);
        any.wait();
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) CHECK(wait(shared, WaitFor::first_completed, 60s).done.size() > 0);
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) CHECK(as_completed(shared).begin()->ready());
    });
    for (auto& thread : threads) thread.join();
    CHECK(chained.get() == 6);
  }
}

TEST_CASE("a loop of callbacks may change its thread with each round, and keeps nothing in the end") {
  constexpr int kRounds = 1000;
  const auto origin = detail::make_ref<TestOrigin>(std::make_shared<ThreadForEach>());
  std::atomic<int> rounds = 0;
  const std::function<Future<int>()> step = [&]() -> Future<int> {
    Promised<int> task;
    task.state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 2, 3));
    task.future = detail::task_future<int>(task.state);
    auto next = task.future.then([&](int) { return ++rounds == kRounds ? make_ready<int>(9) : step(); });
    std::thread{[task = std::move(task)]() mutable { task.value(1); }}.detach();
    return next;
  };
  auto last = step();
  CHECK(last.get() == 9);
  while (origin->keepers() > 2) std::this_thread::yield();  // the threads end: the test and `last` are left
}

}  // namespace race_test
