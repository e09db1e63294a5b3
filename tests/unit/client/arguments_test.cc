// A call whose arguments are not those of the task does not compile: wherever a task is called, by number and by type.
#include <doctest/doctest.h>
#include <forkmill/arguments_of.h>
#include <forkmill/client.h>
#include <forkmill/list.h>
#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <string>
#include <type_traits>
#include <utility>

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
concept StartsInSomeWay = std::is_constructible_v<Process, const Repeat&, A...> ||
    std::is_constructible_v<Process, ProcessOptions, const Repeat&, A...> ||
    std::is_constructible_v<Process, Client&, ProcessOptions, const Repeat&, A...>;
template <class... A>
concept Initializes = std::is_constructible_v<PoolInitializer, const Begin&, A...>;

template <class... A>
concept AllTake =
    Submits<Client, A...> && Submits<const Submitter, A...> && Applies<A...> && AppliesLater<A...> && Starts<A...>;
template <class... A>
concept NoneTakes = !Submits<Client, A...> && !Submits<const Submitter, A...> && !Applies<A...> &&
                    !AppliesLater<A...> && !StartsInSomeWay<A...>;

struct Opaque {};

}  // namespace

TEST_CASE("a call compiles only if its arguments convert to the declared ones") {
  static_assert(AllTake<std::string, int>);
  static_assert(AllTake<const char*, short>);
  static_assert(AllTake<const char(&)[3], double>);
  static_assert(AllTake<std::string&, const int&>);

  static_assert(NoneTakes<>);
  static_assert(NoneTakes<std::string>);
  static_assert(NoneTakes<std::string, int, int>);
  static_assert(NoneTakes<int, int>);
  static_assert(NoneTakes<std::string, std::string>);
  static_assert(NoneTakes<std::string_view, int>);  // a string is made of it explicitly only
  static_assert(NoneTakes<Opaque, int>);

  static_assert(Initializes<std::string> && Initializes<const char*>);
  static_assert(!Initializes<> && !Initializes<int> && !Initializes<std::string, int>);
}

TEST_CASE("ArgumentsOf says which arguments a task takes") {
  static_assert(ArgumentsOf<Task<void()>>);
  static_assert(!ArgumentsOf<Task<void()>, int>);
  static_assert(ArgumentsOf<Repeat, std::string, int>);
  static_assert(!ArgumentsOf<Repeat, std::string>);
}

TEST_CASE("a Value begins as anything that converts to it, and a text is its name") {
  static_assert(std::is_constructible_v<Value<double>, int>);
  static_assert(std::is_constructible_v<Value<std::string>, const char*>);
  static_assert(!std::is_constructible_v<Value<double>, Opaque>);
}
