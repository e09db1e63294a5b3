// wait(), and as_completed() with a time limit.
#include <thread>

#include "tests/unit/client/promised.h"

namespace wait_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

struct Several : Threaded {
  std::vector<Promised<int>> tasks;

  // Ends the other tasks, as a client that is closed does: what waits for them is held by them.
  ~Several() {
    for (auto& task : tasks)
      if (!task.state->ready()) task.error(Cancelled{});
  }
  std::vector<Future<int>> submit(int count) {
    std::vector<Future<int>> futures;
    for (int i = 0; i < count; ++i) {
      tasks.push_back(promise<int>());
      futures.push_back(std::move(tasks.back().future));
    }
    return futures;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Several, "wait for the first future gives those that are ready, and the others") {
  auto futures = submit(3);
  std::thread ends{[&] { tasks[1].value(1); }};
  auto [done, not_done] = wait(std::move(futures), WaitFor::first_completed);
  ends.join();
  REQUIRE(done.size() == 1);
  CHECK(done[0].get() == 1);
  REQUIRE(not_done.size() == 2);
  tasks[0].value(0);
  tasks[2].error(Cancelled{});
  auto rest = wait(std::move(not_done));
  CHECK(rest.not_done.empty());
  CHECK(rest.done[0].get() == 0);
  CHECK(rest.done[1].cancelled());
}

TEST_CASE_FIXTURE(Several, "wait for the first exception is over with an error, or with all futures") {
  auto futures = submit(3);
  tasks[0].value(0);
  std::thread fails{[&] { tasks[1].error(Expired{}); }};
  auto failed = wait(std::move(futures), WaitFor::first_exception);
  fails.join();
  CHECK(failed.done.size() == 2);
  CHECK(failed.not_done.size() == 1);
  tasks[2].value(2);

  auto good = submit(2);
  tasks[3].value(3);
  tasks[4].value(4);
  CHECK(wait(std::move(good), WaitFor::first_exception).done.size() == 2);

  auto strange = submit(2);
  tasks[5].bytes("\xC1");  // no int
  CHECK(wait(std::move(strange), WaitFor::first_exception).done.size() == 1);
}

TEST_CASE_FIXTURE(Several, "wait with a time limit gives back what is not ready, and 0 only looks") {
  auto futures = submit(2);
  tasks[0].value(0);
  auto looked = wait(std::move(futures), 0s);
  CHECK(looked.done.size() == 1);
  REQUIRE(looked.not_done.size() == 1);
  auto waited = wait(std::move(looked.not_done), WaitFor::all_completed, 5ms);
  CHECK(waited.done.empty());
  CHECK(waited.not_done.size() == 1);
  CHECK(wait(std::vector<Future<int>>{}).done.empty());
  std::vector<Future<int>> empty(1);
  CHECK_THROWS_AS((void)wait(std::move(empty)), std::logic_error);
}

TEST_CASE_FIXTURE(Several, "a wait leaves nothing at a future that goes on") {
  auto task = promise<int>();
  const auto shared = std::move(task.future).share();
  const auto few = origin->keepers();
  for (int i = 0; i < 10; ++i) {
    auto [done, not_done] = wait(std::vector{shared}, 0s);
    CHECK(done.empty());
    CHECK(not_done.size() == 1);
  }
  CHECK(origin->keepers() == few);
  task.value(1);
  CHECK(wait(std::vector{shared, shared}).done.size() == 2);
}

TEST_CASE_FIXTURE(ByHand, "a wait that its own thread would have to end is refused") {
  auto task = promise<int>();
  std::vector<Future<int>> made;
  made.push_back(task.future.then([](int value) { return value; }));
  task.value(1);
  CHECK_THROWS_AS((void)wait(std::move(made)), Error);
}

TEST_CASE_FIXTURE(Several, "as_completed throws Timeout when its time is over, and keeps the rest") {
  auto range = as_completed(submit(3), 5ms);
  tasks[1].value(1);
  int sum = 0;
  CHECK_THROWS_AS(
      [&] {
        for (auto& done : range) sum += done.get();
      }(),
      Timeout);
  CHECK(sum == 1);
  auto rest = range.release_rest();
  REQUIRE(rest.size() == 2);
  tasks[0].value(10);
  CHECK(rest[0].get() == 10);
  CHECK(range.begin() == range.end());
}

TEST_CASE_FIXTURE(Several, "exception gives the error or null, and throws Timeout when it is not known in time") {
  auto futures = submit(3);
  CHECK_THROWS_AS((void)futures[0].exception_for(0s), Timeout);
  tasks[0].value(1);
  CHECK(futures[0].exception() == nullptr);
  tasks[1].error(Expired{});
  CHECK_THROWS_AS(std::rethrow_exception(futures[1].exception()), Expired);
  tasks[2].bytes("\xC1");
  CHECK(futures[2].exception_for(1s) != nullptr);
}

TEST_CASE_FIXTURE(Several, "done, cancelled and running say what is known") {
  auto futures = submit(2);
  CHECK_FALSE(futures[0].done());
  CHECK_FALSE(futures[0].running());
  tasks[0].state->report(0.5, "half");
  CHECK(futures[0].running());
  tasks[0].value(1);
  CHECK(futures[0].done());
  CHECK_FALSE(futures[0].running());
  CHECK_FALSE(futures[0].cancelled());
  tasks[1].error(Cancelled{});
  CHECK(futures[1].cancelled());
}

TEST_CASE_FIXTURE(Several, "cancel tells what came of it") {
  auto futures = submit(3);
  for (const auto answer : {CancelState::cancelled, CancelState::requested, CancelState::unknown}) {
    origin->answer = answer;
    CHECK(futures[0].cancel().get() == answer);
    CHECK(futures[0].then([](int) {}).cancel().get() == answer);
  }
  tasks[0].value(1);
  CHECK(futures[0].cancel().get() == CancelState::finished);
  CHECK(make_ready<int>(1).cancel().get() == CancelState::finished);

  origin->answer = CancelState::cancelled;
  auto all = when_all(std::move(futures));
  CHECK(all.cancel().get() == CancelState::cancelled);
  origin->answer = CancelState::requested;
  CHECK(all.cancel().get() == CancelState::requested);
}

}  // namespace wait_test
