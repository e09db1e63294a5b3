// Registered: a function of a program that is known by the name of its task before main() begins, or soon after. Every
// worker in the program serves it beside the handlers of Worker::on(): the worker of local:// (local.h) first of all,
// and with it the processes of Pool and Process. At namespace scope:
//
//     double add(double a, double b) { return a + b; }
//     const forkmill::Registered kAddHere{kAdd, add};  // kAdd is a Task<double(double, double)>
//     const forkmill::Registered kTwiceHere{kTwice, [](int n) { return 2 * n; }};
//
// A registered function gets no Context; Worker::on() registers handlers that want one. Its exceptions end the task as
// those of a handler do.
//
// Threads: register at the program's start, before there are threads. Lifetime: a registration stays until the program
// ends, whether the Registered object does or not. The functions are called in processes that are forked from the
// program, one call at a time in each.
#pragma once

#include <forkmill/detail/can_travel.h>
#include <forkmill/serialize.h>
#include <forkmill/task.h>
#include <forkmill/task_id.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

// MergeOf<M, R>: merge(into, from) can be called with an R& and an R&&. It adds `from` to `into`, and what it returns
// is ignored. Functions with one can be used by Pool::map_reduce().
template <class M, class R>
concept MergeOf = std::invocable<M&, R&, R&&>;

namespace detail {

// BadArguments: the payload is not the arguments that the task takes. what() says why.
class BadArguments : public DecodeError {
 public:
  using DecodeError::DecodeError;
};

// Unpacks the arguments of a call.
// Throws BadArguments.
template <class... P>
std::tuple<P...> arguments_of_call(std::string_view payload) {
  try {
    return unpack_arguments<std::tuple<P...>>(payload);
  } catch (const DecodeError& error) {
    throw BadArguments{error.what()};
  }
}

// ItemCursor: the packed items of one call that merges their results. At its first item to begin with.
class ItemCursor {
 public:
  ItemCursor() = default;
  ItemCursor(const ItemCursor&) = delete;
  ItemCursor& operator=(const ItemCursor&) = delete;
  virtual ~ItemCursor() = default;
  // The packed arguments of the current item.
  virtual std::string_view item() const = 0;
  // Moves on to the next item. Returns false if none is left, or if the rest is not for this call.
  virtual bool next() = 0;
};

// A registered function without its types.
struct RegisteredFunction {
  std::string name;
  std::string signature;
  std::function<std::string(std::string_view)> call;  // packed arguments to packed result; may throw anything
  // Packed arguments of several calls, at least one, to the packed result of all. Empty: it has no merge function.
  std::function<std::string(ItemCursor&)> call_merged{};
};

// Adds a function.
// Throws std::invalid_argument if the name is registered already.
void register_function(RegisteredFunction function);
// All functions, in the order of their registration.
const std::vector<RegisteredFunction>& registered_functions();

// Sets the function that a process of a worker calls with each result, packed, before it is told; note_result() calls
// it. What it throws ends the task as an exception of its handler does. Thread-safe.
void at_result(void (*what)(const TaskId& task, std::string_view result));
void note_result(const TaskId& task, std::string_view result);

// The shard of the task that a process of a worker runs, or has run last; 0: this is no such process. The worker sets
// it before each handler. Thread-safe.
void set_task_shard(std::uint32_t shard);
std::uint32_t task_shard();

// Adds a function that a process forked for one task calls when the task is over, before its outcome is told; in the
// order in which they were added. It must not throw. run_at_process_end() calls them.
void at_process_end(std::function<void()> what);
void run_at_process_end();

}  // namespace detail

// Registered: registers a function by its constructor. The object itself is empty.
class Registered {
 public:
  // Registers `function` for the task: a callable that takes the task's arguments, by value or const reference, and
  // returns a value that converts to its result; anything else does not compile. The function is moved in; it must be
  // copyable.
  // Throws std::invalid_argument if the name of the task is registered already (at namespace scope this ends the
  // program). The name is checked when a worker starts (Worker::run).
  template <class R, class... P, class F>
  Registered(const Task<R(P...)>& task, F function) {
    if constexpr (fits<F, R, std::decay_t<P>...>())
      detail::register_function(
          {std::string{task.name()}, task.signature(), plain<R, std::decay_t<P>...>(std::move(function)), {}});
  }
  // The same, with a function that merges two results, for Pool::map_reduce(): merge(R& into, R&& from) adds `from` to
  // `into`. It must be associative and copyable.
  //
  //     const forkmill::Registered kSumHere{kSquare, [](int n) { return n * n; }, [](int& into, int n) { into += n; }};
  template <class R, class... P, class F, MergeOf<R> Merge>
  Registered(const Task<R(P...)>& task, F function, Merge merge) {
    if constexpr (fits<F, R, std::decay_t<P>...>())
      detail::register_function({std::string{task.name()}, task.signature(), plain<R, std::decay_t<P>...>(function),
                                 merged<R, std::decay_t<P>...>(function, std::move(merge))});
  }

 private:
  // Whether F can be the function of a task. Does not compile if it cannot.
  template <class F, class R, class... P>
  static consteval bool fits() {
    constexpr bool kFits = std::is_invocable_r_v<R, F&, P&&...>;
    static_assert(kFits,
                  "forkmill: the function must take the task's arguments and return something that converts to its "
                  "result (no Context here: register a handler that wants one with Worker::on(), for local:// in "
                  "`prepare` of local_main())");
    constexpr bool kPacks = CanTravel<R> && (CanTravel<P> && ...);
    static_assert(kPacks, "forkmill: an argument or result of the task cannot travel; give its struct MSGPACK_DEFINE");
    return kFits && kPacks;
  }
  // Converts the result to R before it is packed, so that the reader gets the type that the task declares.
  template <class R, class... P, class F>
  static R call(F& function, std::string_view payload) {
    auto values = detail::arguments_of_call<P...>(payload);
    return std::apply([&](auto&... each) -> R { return function(std::move(each)...); }, values);
  }
  template <class R, class... P, class F>
  static auto plain(F function) {
    return [function = std::move(function)](std::string_view payload) mutable {
      if constexpr (std::is_void_v<R>) {
        call<R, P...>(function, payload);
        return pack_nothing();
      } else {
        const R result = call<R, P...>(function, payload);
        return pack_value(result);
      }
    };
  }
  template <class R, class... P, class F, class Merge>
  static auto merged(F function, Merge merge) {
    return [function = std::move(function), merge = std::move(merge)](detail::ItemCursor& items) mutable {
      R all = call<R, P...>(function, items.item());
      while (items.next()) std::invoke(merge, all, call<R, P...>(function, items.item()));
      return pack_value(all);
    };
  }
};

}  // namespace forkmill
