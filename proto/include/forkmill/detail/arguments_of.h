// ArgumentsOf<Task, A...>: the compile-time check of a call. A call with too few, too many or wrong arguments is
// refused by the compiler, with one line that says what is wrong (CallCheck).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <forkmill/detail/can_travel.h>
#include <forkmill/task.h>

namespace forkmill {

namespace detail {

// Whether the conversion of a From to a To can change a number: from floating point to an integer, from a wide integer
// to a narrower one, from any number or pointer to bool. Integers up to the size of int convert to others, because
// literals are ints; convert_argument() looks at their values.
template <class From, class To>
struct Narrows : std::false_type {};
template <class From, class To>
requires std::is_arithmetic_v<From> && std::is_arithmetic_v<To>
struct Narrows<From, To> : std::bool_constant<(std::is_floating_point_v<From> && std::is_integral_v<To>) ||
                                              (std::is_same_v<To, bool> && !std::is_same_v<From, bool>) ||
                                              (std::is_integral_v<From> && std::is_integral_v<To> &&
                                               sizeof(From) > sizeof(To) && sizeof(From) > sizeof(int))> {
};
template <class From, class To>
requires std::is_pointer_v<std::decay_t<From>> && std::is_same_v<To, bool>
struct Narrows<From, To> : std::true_type {
};
template <class From, class To>
requires std::is_arithmetic_v<From>
struct Narrows<From, std::optional<To>> : Narrows<From, To> {
};
template <class From, class To>
struct Narrows<std::optional<From>, std::optional<To>> : Narrows<From, To> {};
template <class A, class B, class C, class D>
struct Narrows<std::pair<A, B>, std::pair<C, D>> : std::disjunction<Narrows<A, C>, Narrows<B, D>> {};
template <class... From, class... To>
requires(sizeof...(From) == sizeof...(To)) struct Narrows<std::tuple<From...>, std::tuple<To...>>
    : std::disjunction<Narrows<From, To>...> {
};

template <class A, class P>
inline constexpr bool kNarrows = Narrows<std::remove_cvref_t<A>, std::remove_cvref_t<P>>::value;

// Whether a To can hold this integer.
template <class To, class From>
constexpr bool holds(From value) {
  const To converted = static_cast<To>(value);
  return static_cast<From>(converted) == value && (converted < To{}) == (value < From{});
}

[[noreturn]] inline void throw_out_of_range(const std::string& value) {
  throw std::out_of_range{"an argument is " + value + ", which the type that the task declares for it cannot hold"};
}

// Returns the argument as the type that the task declares: itself, if it is one.
// Throws std::out_of_range for an integer that does not fit.
template <class P, class A>
decltype(auto) convert_argument(const A& argument) {
  if constexpr (std::is_same_v<A, P>) {
    return (argument);
  } else if constexpr (std::is_integral_v<A> && std::is_integral_v<P>) {
    if (!holds<P>(argument)) throw_out_of_range(std::to_string(argument));
    return static_cast<P>(argument);
  } else {
    return static_cast<P>(P(argument));
  }
}

// CallCheck: refuses to compile a call that does not fit its task, in plain words.
template <class T, class... A>
struct CallCheck;
template <class R, class... P, class... A>
struct CallCheck<Task<R(P...)>, A...> {
  static constexpr bool kCount = sizeof...(A) == sizeof...(P);
  static_assert(kCount, "forkmill: the call has more or fewer arguments than the task declares");
  static constexpr bool kTypes = [] {
    if constexpr (kCount) return (std::convertible_to<A, P> && ...);
    return true;
  }();
  static_assert(kTypes, "forkmill: an argument of the call does not convert to the type that the task declares for it");
  static constexpr bool kNumbers = [] {
    if constexpr (kCount) return !(kNarrows<A, P> || ...);
    return true;
  }();
  static_assert(kNumbers, "forkmill: an argument of the call could lose its value (narrowing); convert it yourself");
  static constexpr bool kPacks = (CanTravel<std::decay_t<P>> && ...) && CanTravel<R>;
  static_assert(kPacks, "forkmill: an argument or result of the task cannot travel; give its struct MSGPACK_DEFINE");
  static constexpr bool kFits = kCount && kTypes && kNumbers && kPacks;
};

// A... are as many types as the task declares arguments.
template <class T, class... A>
concept ArgumentCountOf = (sizeof...(A) == std::tuple_size_v<typename T::Arguments>);

// Whether each type of A converts to the declared type in its place. Precondition: ArgumentCountOf<T, A...>.
template <class T, class... A>
inline constexpr bool kEachConverts = false;
template <class R, class... P, class... A>  // NOLINTNEXTLINE(misc-redundant-expression): a fold over equal types
inline constexpr bool kEachConverts<Task<R(P...)>, A...> = (std::convertible_to<A, P> && ...) &&
                                                           !(kNarrows<A, P> || ...);

}  // namespace detail

// Values of the types A can be passed to Task: there are as many as Task declares, and each converts implicitly to the
// declared type in its place without being able to lose its value. submit(), Pool::apply(), Process and the like take
// no others.
template <class T, class... A>
concept ArgumentsOf = detail::ArgumentCountOf<T, A...> && detail::kEachConverts<T, A...>;

}  // namespace forkmill
