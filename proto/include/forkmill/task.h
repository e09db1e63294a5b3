// Task<Result(Arguments...)>: the contract between submitters and workers. Declare each task once in a header that both
// include:
//
//     inline constexpr forkmill::Task<double(double, double)> kAdd{"math.add"};
//
// A submitter passes arguments that convert to the declared ones, a worker registers a function that takes them;
// anything else does not compile. Arguments and result travel as msgpack: every type that msgpack-c can pack and
// convert works, your own with MSGPACK_DEFINE. A Task is a literal value without state: use it from any thread, for as
// long as you like. The name must outlive it (a string literal does).
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <forkmill/signature.h>

namespace forkmill {

template <class Signature>
class Task;

template <class R, class... Args>
class Task<R(Args...)> {
 public:
  using Result = R;
  using Arguments = std::tuple<std::decay_t<Args>...>;

  // name: 1 to 128 characters out of letters, digits and "._-:/"; dots part name spaces by custom. "forkmill." is
  // reserved.
  constexpr explicit Task(const char* name) : name_{name} {}

  constexpr std::string_view name() const { return name_; }

  // "f64(f64,f64)"; made on the first call, then kept. Thread-safe.
  static const std::string& signature() {
    static const std::string text = signature_of<R>() + "(" + detail::signature_list<std::decay_t<Args>...>() + ")";
    return text;
  }
  static std::uint64_t hash() {
    static const std::uint64_t value = signature_hash(signature());
    return value;
  }

 private:
  std::string_view name_;
};

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

// ArgumentsOf<Task, A...>: values of the types A can be passed to Task. There are as many as Task declares, and each
// converts implicitly to the declared type in its place. Constrains submit(), Pool::apply(), Process and the like; a
// compiler that rejects a call names the condition that failed.
template <class T, class... A>
concept ArgumentsOf = detail::ArgumentCountOf<T, A...> && detail::kEachConverts<T, A...>;

}  // namespace forkmill
