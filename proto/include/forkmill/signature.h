// The signature of a task as text ("f64(f64,f64)") and as a 64-bit hash of it. Submitter and worker are built apart;
// comparing signatures turns a mismatch into an error at once instead of arguments decoded as something else.
//
// Types that travel alike have the same name: every integer of one width and sign, every string, vector/deque/list, map
// and unordered_map. A type of your own is named by its class name; to choose another one (say, because you moved it),
// declare
//     template <> struct forkmill::SignatureName<My::Type> { static std::string get() { return "My.Type"; } };
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace forkmill {

namespace detail {

// The class name as the compiler prints it; the same text from GCC and from clang for an ordinary class.
template <class T>
std::string class_name() {
  std::string_view pretty = __PRETTY_FUNCTION__;  // "... [with T = Name; ...]" (GCC), "... [T = Name]" (clang)
  auto begin = pretty.find("T = ") + 4;
  auto end = pretty.find_first_of(";]", begin);
  return std::string{pretty.substr(begin, end - begin)};
}

}  // namespace detail

template <class T>
struct SignatureName {
  static std::string get() {
    if constexpr (std::is_void_v<T>)
      return "void";
    else if constexpr (std::same_as<T, bool>)
      return "bool";
    else if constexpr (std::is_enum_v<T>)
      return SignatureName<std::underlying_type_t<T>>::get();
    else if constexpr (std::integral<T>)
      return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T) * 8);
    else if constexpr (std::floating_point<T>)
      return "f" + std::to_string(sizeof(T) * 8);
    else
      return detail::class_name<T>();
  }
};

template <class T>
std::string signature_of() {
  return SignatureName<std::remove_cvref_t<T>>::get();
}

namespace detail {

template <class... T>
std::string signature_list() {
  std::string text;
  ((text += (text.empty() ? "" : ",") + signature_of<T>()), ...);
  return text;
}

template <class T>
struct SequenceName {
  static std::string get() { return "[" + signature_of<T>() + "]"; }
};
template <class K, class V>
struct MapName {
  static std::string get() { return "{" + signature_of<K>() + ":" + signature_of<V>() + "}"; }
};
struct StringName {
  static std::string get() { return "str"; }
};

}  // namespace detail

template <>
struct SignatureName<std::string> : detail::StringName {};
template <>
struct SignatureName<std::string_view> : detail::StringName {};
template <>
struct SignatureName<const char*> : detail::StringName {};
template <class T, class A>
struct SignatureName<std::vector<T, A>> : detail::SequenceName<T> {};
template <class T, class A>
struct SignatureName<std::deque<T, A>> : detail::SequenceName<T> {};
template <class T, class A>
struct SignatureName<std::list<T, A>> : detail::SequenceName<T> {};
template <class T, class C, class A>
struct SignatureName<std::set<T, C, A>> : detail::SequenceName<T> {};
template <class T, class H, class E, class A>
struct SignatureName<std::unordered_set<T, H, E, A>> : detail::SequenceName<T> {};
template <class T, std::size_t N>
struct SignatureName<std::array<T, N>> : detail::SequenceName<T> {};
template <class K, class V, class C, class A>
struct SignatureName<std::map<K, V, C, A>> : detail::MapName<K, V> {};
template <class K, class V, class H, class E, class A>
struct SignatureName<std::unordered_map<K, V, H, E, A>> : detail::MapName<K, V> {};
template <class T>
struct SignatureName<std::optional<T>> {
  static std::string get() { return signature_of<T>() + "?"; }
};
template <class A, class B>
struct SignatureName<std::pair<A, B>> {
  static std::string get() { return "(" + detail::signature_list<A, B>() + ")"; }
};
template <class... T>
struct SignatureName<std::tuple<T...>> {
  static std::string get() { return "(" + detail::signature_list<T...>() + ")"; }
};

// FNV-1a, 64 bits; 0 stands for "not checked" and is never produced.
constexpr std::uint64_t signature_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return hash == 0 ? 1 : hash;
}

}  // namespace forkmill
