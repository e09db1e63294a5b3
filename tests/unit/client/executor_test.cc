#include <atomic>
#include <thread>

#include "tests/unit/client/promised.h"

namespace executor_test {

using namespace forkmill;
using namespace forkmill::tests;

namespace {

// A pool of threads, as a user would write it.
class NewThreadEach final : public Executor {
 public:
  ~NewThreadEach() override {
    // The last work may hold the last reference to its executor, and end it on its own thread.
    for (auto& thread : threads_) thread.get_id() == std::this_thread::get_id() ? thread.detach() : thread.join();
  }
  void execute(Work work) override {
    threads_.emplace_back([w = std::make_shared<Work>(std::move(work))] { (*w)(); });
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("the user's executor runs the callbacks") {
  auto origin = detail::make_ref<TestOrigin>(std::make_shared<NewThreadEach>());
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 1, 1));
  auto future = detail::task_future<int>(state);
  auto chained = future.then([](int v) { return v + 1; });
  auto owner = std::make_shared<const std::string>(pack_value(1));
  const std::string_view view = *owner;
  state->succeed(std::move(owner), view);
  CHECK(chained.get() == 2);
}

TEST_CASE("the exception of an executor ends the future that depends on it") {
  struct Throwing final : Executor {
    void execute(Work) override { throw std::runtime_error{"no room"}; }
  };
  auto origin = detail::make_ref<TestOrigin>(std::make_shared<Throwing>());
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 1, 1));
  auto future = detail::task_future<int>(state);
  auto chained = future.then([](int v) { return v + 1; });
  state->fail(std::make_exception_ptr(Cancelled{}));
  CHECK_THROWS_AS(chained.get(), Disconnected);
}

TEST_CASE("the callback thread runs what it has before it stops, and the callbacks that this adds") {
  auto executor = make_callback_thread();
  auto origin = detail::make_ref<TestOrigin>(executor);
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 1, 1));
  auto future = detail::task_future<int>(state);
  std::atomic<int> runs = 0;
  auto last = future.finally([&] { ++runs; }).finally([&] { ++runs; }).finally([&] { ++runs; });
  state->fail(std::make_exception_ptr(Cancelled{}));
  executor->stop();
  CHECK(runs == 3);
  CHECK_THROWS_AS(last.get(), Cancelled);
  executor->stop();
}

TEST_CASE("a callback thread that never started can be stopped") {
  auto executor = make_callback_thread();
  executor->stop();
  auto origin = detail::make_ref<TestOrigin>(executor);
  auto state = detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 1, 1));
  auto dropped = detail::task_future<int>(state).then([](int v) { return v; });
  state->fail(std::make_exception_ptr(Cancelled{}));
  CHECK_THROWS_AS(dropped.get(), Disconnected);
}

}  // namespace executor_test
