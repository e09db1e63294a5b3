// CanTravel<T>: whether msgpack-c can pack and convert a T, so that it may be an argument, a result or an element.
// Programs that use another type get one line of the compiler that says so.
#pragma once

#include <msgpack.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

template <class T>
constexpr std::string_view type_name() {
  return __PRETTY_FUNCTION__;
}

// Types of the standard library, as GCC and clang name them: msgpack-c knows those that it can pack.
template <class T>
inline constexpr bool kIsOfStd = type_name<T>().find("T = std::") != std::string_view::npos
                                 || type_name<T>().find("T = msgpack::") != std::string_view::npos;

// A type for which a program has specialized msgpack-c's adaptor, by MSGPACK_ADD_ENUM or by hand.
template <class T>
inline constexpr bool kHasAdaptor = !std::is_base_of_v<msgpack::v1::adaptor::pack<T, void>, msgpack::adaptor::pack<T>>;

template <class T>
concept HasMembersToPack = requires(const T& value, msgpack::packer<msgpack::sbuffer>& packer) {
  value.msgpack_pack(packer);
};

template <class T>
struct TravelsAs : std::bool_constant<!(std::is_class_v<T> || std::is_union_v<T> || std::is_enum_v<T>) ||
                                      HasMembersToPack<T> || kIsOfStd<T> || kHasAdaptor<T>> {};
template <>
struct TravelsAs<void> : std::true_type {};
template <class T, class A>
struct TravelsAs<std::vector<T, A>> : TravelsAs<T> {};
template <class T>
struct TravelsAs<std::optional<T>> : TravelsAs<T> {};
template <class A, class B>
struct TravelsAs<std::pair<A, B>> : std::conjunction<TravelsAs<A>, TravelsAs<B>> {};
template <class... T>
struct TravelsAs<std::tuple<T...>> : std::conjunction<TravelsAs<T>...> {};

}  // namespace detail

template <class T>
concept CanTravel = detail::TravelsAs<std::remove_cv_t<T>>::value;

}  // namespace forkmill
