// Functions of a program that are known by name before its main() begins or soon after: every worker in the same
// program serves them beside those of Worker::on(), that of local:// (local.h) first of all. At namespace scope:
//
//     double add(double a, double b) { return a + b; }
//     const forkmill::Registered kAddHere{kAdd, add};  // kAdd is a Task<double(double, double)>
//     const forkmill::Registered kTwiceHere{kTwice, [](int n) { return 2 * n; }};
//
// Thread safety: registering belongs to the program's start, before there are threads. Lifetime: that of the program.
// Errors: std::invalid_argument for a name that is taken.
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

// The payload is not what the task takes.
class BadArguments : public DecodeError {
 public:
  using DecodeError::DecodeError;
};

template <class... P>
std::tuple<P...> arguments_of_call(std::string_view payload) {
  try {
    return unpack_arguments<std::tuple<P...>>(payload);
  } catch (const DecodeError& error) {
    throw BadArguments{error.what()};
  }
}

struct RegisteredFunction {
  std::string name;
  std::string signature;
  std::function<std::string(std::string_view)> call;  // packed arguments to packed result; throws what it likes
};

// Throws std::invalid_argument for a name that is taken.
void register_function(RegisteredFunction function);
const std::vector<RegisteredFunction>& registered_functions();

// Runs in a process that was forked for one task, when that is over and before its outcome is told: in the order in
// which they were given. They must not throw.
void at_process_end(std::function<void()> what);
void run_at_process_end();

}  // namespace detail

class Registered {
 public:
  template <class R, class... P, class F>
  Registered(const Task<R(P...)>& task, F function) {
    static_assert(std::is_invocable_r_v<R, F&, std::decay_t<P>&&...>,
                  "the function must take the task's arguments and return something that converts to its result");
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
