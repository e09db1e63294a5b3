// ArgumentsOf<Task, A...>: the compile-time check of a call. A call with too few, too many or wrong arguments is
// refused by the compiler, which names the condition that failed.
#pragma once

#include <concepts>
#include <tuple>

#include <forkmill/task.h>

namespace forkmill {

namespace detail {

// A... are as many types as the task declares arguments.
template <class T, class... A>
concept ArgumentCountOf = (sizeof...(A) == std::tuple_size_v<typename T::Arguments>);

// Whether each type of A converts to the declared type in its place. Precondition: ArgumentCountOf<T, A...>.
template <class T, class... A>
inline constexpr bool kEachConverts = false;
template <class R, class... P, class... A>
inline constexpr bool kEachConverts<Task<R(P...)>, A...> = (std::convertible_to<A, P> && ...);

}  // namespace detail

// Values of the types A can be passed to Task: there are as many as Task declares, and each converts implicitly to the
// declared type in its place. Constrains submit(), Pool::apply(), Process and the like.
template <class T, class... A>
concept ArgumentsOf = detail::ArgumentCountOf<T, A...> && detail::kEachConverts<T, A...>;

}  // namespace forkmill
