// Registered functions: what may be one, and how bytes become its arguments.
#include <doctest/doctest.h>
#include <forkmill/worker.h>

#include <map>
#include <memory>

#include "tests/unit/worker/fake_context.h"

namespace handler_test {

using namespace forkmill;
using worker::test::FakeContext;

namespace {

template <class R, class... Args, class F>
std::string run(const Task<R(Args...)>&, F function, const std::string& arguments) {
  detail::TypedHandler<F, R, std::decay_t<Args>...> handler{std::move(function)};
  FakeContext context;
  return handler.run(context, arguments);
}

constexpr Task<double(double, double)> kAdd{"add"};
constexpr Task<void(std::string)> kNote{"note"};
constexpr Task<int()> kNothing{"nothing"};
constexpr Task<std::map<std::string, int>(std::vector<std::string>)> kCount{"count"};

double add_function(double a, double b) { return a + b; }

}  // namespace

TEST_CASE("lambdas, functions, const reference and move-only callables are handlers") {
  const std::string two = pack_value(std::tuple{2.0, 3.0});
  CHECK(unpack_value<double>(run(
            kAdd, [](double a, double b) { return a + b; }, two)) == 5);
  CHECK(unpack_value<double>(run(kAdd, add_function, two)) == 5);
  CHECK(unpack_value<double>(run(
            kAdd, [](const double& a, double b) { return static_cast<float>(a + b); }, two)) == 5);
  auto owned = std::make_unique<double>(10);
  CHECK(unpack_value<double>(run(
            kAdd, [o = std::move(owned)](double a, double) { return *o + a; }, two)) == 12);
  CHECK(unpack_value<int>(run(
            kNothing, [] { return 7; }, pack_value(std::tuple{}))) == 7);
}

TEST_CASE("a handler may take the context before the arguments") {
  const auto result = run(
      kCount,
      [](Context& context, std::vector<std::string> words) {
        context.progress(1, "done");
        std::map<std::string, int> counts;
        for (auto& word : words) counts[word] += static_cast<int>(context.attempt());
        return counts;
      },
      pack_value(std::tuple{std::vector<std::string>{"a", "b", "a"}}));
  CHECK(unpack_value<std::map<std::string, int>>(result) == std::map<std::string, int>{{"a", 4}, {"b", 2}});
}

TEST_CASE("a void task gives nil, also when the function returns a value") {
  const auto text = pack_value(std::tuple{std::string{"x"}});
  CHECK(run(
            kNote, [](std::string) {}, text) == pack_nothing());
  CHECK(run(
            kNote, [](const std::string&) { return 5; }, text) == pack_nothing());
}

TEST_CASE("bytes that are not the arguments give an error of a kind of their own") {
  const auto handler = [](double a, double b) { return a + b; };
  CHECK_THROWS_AS(run(kAdd, handler, ""), detail::BadArguments);
  CHECK_THROWS_AS(run(kAdd, handler, pack_value(1.0)), detail::BadArguments);
  CHECK_THROWS_AS(run(kAdd, handler, pack_value(std::tuple{1.0})), detail::BadArguments);
  CHECK_THROWS_AS(run(kAdd, handler, pack_value(std::tuple{1.0, std::string{"2"}})), detail::BadArguments);
  CHECK_THROWS_AS(run(kAdd, handler, "\xdd\xff\xff\xff\xff"), detail::BadArguments);
}

TEST_CASE("a worker accepts each task name once, and valid names only") {
  Worker worker{WorkerOptions{}};
  worker.on(kAdd, add_function);
  CHECK_THROWS_AS(worker.on(kAdd, add_function), std::invalid_argument);
  CHECK_THROWS_AS(worker.on(Task<void()>{"no good"}, [] {}), std::invalid_argument);
}

TEST_CASE("a worker without handlers does not run") { CHECK(Worker{WorkerOptions{}}.run() == 2); }

TEST_CASE("an initializer that throws fails the pool before anything is forked") {
  Worker worker{WorkerOptions{}};
  worker.on(kAdd, add_function).on_start([] { throw std::runtime_error{"no model file"}; });
  CHECK(worker.run() == 1);
}

TEST_CASE("a second run of a worker throws") {
  Worker idle{WorkerOptions{}};
  CHECK(idle.run() == 2);
  CHECK_THROWS_WITH_AS(idle.run(), "Worker::run() was called before", std::logic_error);
  Worker worker{WorkerOptions{}};
  worker.on(kAdd, add_function).on_start([] { throw std::runtime_error{"no model file"}; });
  CHECK(worker.run() == 1);
  CHECK_THROWS_WITH_AS(worker.run(), "Worker::run() was called before", std::logic_error);
}

TEST_CASE("options out of range are refused") {
  WorkerOptions options;
  options.broker = "localhost:7117";
  CHECK_THROWS_AS(Worker{options}, std::invalid_argument);
  options = {};
  options.queues = {};
  CHECK_THROWS_AS(Worker{options}, std::invalid_argument);
  options.queues = {"no good"};
  CHECK_THROWS_AS(Worker{options}, std::invalid_argument);
}

}  // namespace handler_test
