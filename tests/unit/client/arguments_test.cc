// A call whose arguments are not those of the task does not compile: wherever a task is called, by number and by type.
#include <doctest/doctest.h>
#include <forkmill/client.h>
#include <forkmill/detail/arguments_of.h>
#include <forkmill/list.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>
#include <forkmill/process_pool_executor.h>
#include <forkmill/queue.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace arguments_test {

using namespace forkmill;

namespace {

using Repeat = Task<std::string(const std::string&, int)>;
using Begin = Task<void(std::string)>;

template <class Caller, class... A>
concept Submits = requires(Caller& caller, const Repeat& task, A&&... arguments) {
  { caller.submit(task, std::forward<A>(arguments)...) } -> std::same_as<Future<std::string>>;
};
template <class... A>
concept Applies = requires(Pool& pool, const Repeat& task, A&&... arguments) {
  { pool.apply(task, std::forward<A>(arguments)...) } -> std::same_as<std::string>;
};
template <class... A>
concept AppliesLater = requires(Pool& pool, const Repeat& task, A&&... arguments) {
  { pool.apply_async(task, std::forward<A>(arguments)...) } -> std::same_as<AsyncResult<std::string>>;
};
template <class... A>
concept Starts = std::is_constructible_v<Process, const Repeat&, A...> &&
    std::is_constructible_v<Process, ProcessOptions, const Repeat&, A...> &&
    std::is_constructible_v<Process, Client&, ProcessOptions, const Repeat&, A...>;
template <class... A>
concept Initializes = std::is_constructible_v<PoolInitializer, const Begin&, A...>;

template <class... A>
concept AllTake = ArgumentsOf<Repeat, A...> && Submits<Client, A...> && Submits<const Submitter, A...> &&
    Submits<ProcessPoolExecutor, A...> && Applies<A...> && AppliesLater<A...> && Starts<A...>;

struct Opaque {};
struct Packed {
  int value = 0;
  MSGPACK_DEFINE(value)
};

}  // namespace

TEST_CASE("a call compiles only if its arguments convert to the declared ones") {
  static_assert(AllTake<std::string, int>);
  static_assert(AllTake<const char*, short>);
  static_assert(AllTake<std::string&, const int&>);

  static_assert(Initializes<std::string> && Initializes<const char*>);
}

// Calls that do not fit are compiled by refusals_test, which reads what the compiler says.
TEST_CASE("ArgumentsOf says which arguments a task takes") {
  static_assert(ArgumentsOf<Task<void()>>);
  static_assert(!ArgumentsOf<Task<void()>, int>);
  static_assert(ArgumentsOf<Repeat, std::string, int>);
  static_assert(!ArgumentsOf<Repeat>);
  static_assert(!ArgumentsOf<Repeat, std::string>);
  static_assert(!ArgumentsOf<Repeat, std::string, int, int>);
  static_assert(!ArgumentsOf<Repeat, int, int>);
  static_assert(!ArgumentsOf<Repeat, std::string, std::string>);
  static_assert(!ArgumentsOf<Repeat, std::string_view, int>);  // a string is made of it explicitly only
  static_assert(!ArgumentsOf<Repeat, Opaque, int>);
}

TEST_CASE("an argument that could lose its value does not fit") {
  static_assert(!ArgumentsOf<Repeat, std::string, double>);
  static_assert(!ArgumentsOf<Repeat, std::string, float>);
  static_assert(!ArgumentsOf<Repeat, std::string, std::int64_t>);
  static_assert(!ArgumentsOf<Repeat, std::string, std::size_t>);
  static_assert(!ArgumentsOf<Task<void(bool)>, int>);
  static_assert(!ArgumentsOf<Task<void(bool)>, const char*>);
  static_assert(!ArgumentsOf<Task<void(std::optional<int>)>, double>);
  static_assert(!ArgumentsOf<Task<void(std::optional<int>)>, std::optional<double>>);
  static_assert(!ArgumentsOf<Task<void(std::pair<int, int>)>, std::pair<int, double>>);
  static_assert(ArgumentsOf<Task<void(double)>, int> && ArgumentsOf<Task<void(float)>, double>);
  static_assert(ArgumentsOf<Task<void(std::uint8_t)>, int> && ArgumentsOf<Task<void(std::size_t)>, int>);
  static_assert(ArgumentsOf<Task<void(std::optional<int>)>, int>);
}

TEST_CASE("an integer is an argument of a smaller type if its value fits") {
  CHECK(detail::convert_argument<std::uint8_t>(255) == 255);
  CHECK_THROWS_AS(detail::convert_argument<std::uint8_t>(256), std::out_of_range);
  CHECK_THROWS_AS(detail::convert_argument<unsigned>(-1), std::out_of_range);
  CHECK_THROWS_AS(detail::convert_argument<int>(std::numeric_limits<unsigned>::max()), std::out_of_range);
  CHECK_THROWS_AS(detail::convert_argument<std::size_t>(-1), std::out_of_range);
  CHECK(detail::convert_argument<double>(3) == 3.0);
}

TEST_CASE("types that msgpack cannot pack cannot travel") {
  static_assert(CanTravel<int> && CanTravel<std::string> && CanTravel<std::vector<std::optional<double>>>);
  static_assert(CanTravel<Packed> && CanTravel<std::vector<Packed>> && CanTravel<Queue<int>>);
  static_assert(!CanTravel<Opaque> && !CanTravel<std::vector<Opaque>> && !CanTravel<std::pair<int, Opaque>>);
}

TEST_CASE("a Value begins as anything that converts to it, and a text is its name") {
  static_assert(std::is_constructible_v<Value<double>, int>);
  static_assert(std::is_constructible_v<Value<std::string>, const char*>);
  static_assert(!std::is_constructible_v<Value<double>, Opaque>);
}

}  // namespace arguments_test
