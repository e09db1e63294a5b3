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

#include <forkmill/serialize.h>
#include <forkmill/task.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

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

// A registered function without its types.
struct RegisteredFunction {
  std::string name;
  std::string signature;
  std::function<std::string(std::string_view)> call;  // packed arguments to packed result; may throw anything
};

// Adds a function.
// Throws std::invalid_argument if the name is registered already.
void register_function(RegisteredFunction function);
// All functions, in the order of their registration.
const std::vector<RegisteredFunction>& registered_functions();

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
    static_assert(std::is_invocable_r_v<R, F&, std::decay_t<P>&&...>,
                  "the function must take the task's arguments and return something that converts to its result");
    // The call converts the result to R before it packs it, so that the reader gets the type that the task declares.
    detail::register_function({std::string{task.name()}, task.signature(),
                               [function = std::move(function)](std::string_view payload) mutable {
                                 auto values = detail::arguments_of_call<std::decay_t<P>...>(payload);
                                 const auto call = [&](auto&... each) -> R { return function(std::move(each)...); };
                                 if constexpr (std::is_void_v<R>) {
                                   std::apply(call, values);
                                   return pack_nothing();
                                 } else {
                                   const R result = std::apply(call, values);
                                   return pack_value(result);
                                 }
                               }});
  }
};

}  // namespace forkmill
