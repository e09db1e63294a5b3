// The signature of a task as text, "f64(f64,f64)", and as a 64-bit hash of it. Submitter and worker are built apart;
// comparing signatures turns a mismatch into an error at once, instead of arguments decoded as something else. Shared
// objects compare the names of their element types in the same way.
//
// Types that travel alike have the same name:
//
//     void                                void          vector, deque, list, set, array of T       [T]
//     bool                                bool          map, unordered_map of K to V               {K:V}
//     integers by width and sign          i32, u64      optional of T                              T?
//     floating point by width             f64           pair, tuple                                (A,B)
//     string, string_view, const char*    str           an enum                                    as its integer
//
// A type of your own is named by its class name, as the compiler prints it. Name it yourself if that may change, say
// because the class moves to another namespace:
//
//     template <> struct forkmill::SignatureName<My::Type> { static std::string get() { return "My.Type"; } };
//
// Everything here is thread-safe.
#pragma once

#include <array>
#include <atomic>
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

// SignatureName<T>: the name of a type in signatures. Specialize it for a type of your own to choose its name.
template <class T>
struct SignatureName {
  // Returns the name.
  static std::string get() {
    if constexpr (std::is_void_v<T>)
      return "void";
    else if constexpr (std::same_as<T, bool>)
      return "bool";
    else if constexpr (std::is_enum_v<T>)  // an enumeration travels as its integer
      return SignatureName<std::underlying_type_t<T>>::get();
    else if constexpr (std::integral<T>)
      return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T) * 8);
    else if constexpr (std::floating_point<T>)
      return "f" + std::to_string(sizeof(T) * 8);
    else  // a class
      return detail::class_name<T>();
  }
};

// Returns the name of T, without references and const: "i32" for const int&.
template <class T>
std::string signature_of() {
  return SignatureName<std::remove_cvref_t<T>>::get();
}

namespace detail {

// The names, with commas between them.
template <class... T>
std::string signature_list() {
  std::string text;
  ((text += (text.empty() ? "" : ",") + signature_of<T>()), ...);
  return text;
}

// The names of sequences, maps and strings.
template <class T>
struct SequenceName {
  // Returns "[T]".
  static std::string get() { return "[" + signature_of<T>() + "]"; }
};
template <class K, class V>
struct MapName {
  // Returns "{K:V}".
  static std::string get() { return "{" + signature_of<K>() + ":" + signature_of<V>() + "}"; }
};
struct StringName {
  // Returns "str".
  static std::string get() { return "str"; }
};

}  // namespace detail

// The standard types, named as the table above says. Allocators, comparisons and hashes do not change how a container
// travels, so they do not change its name; neither does the size of an array. Strings:
template <>
struct SignatureName<std::string> : detail::StringName {};
template <>
struct SignatureName<std::string_view> : detail::StringName {};
template <>
struct SignatureName<const char*> : detail::StringName {};
// Sequences and sets:
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
// Maps:
template <class K, class V, class C, class A>
struct SignatureName<std::map<K, V, C, A>> : detail::MapName<K, V> {};
template <class K, class V, class H, class E, class A>
struct SignatureName<std::unordered_map<K, V, H, E, A>> : detail::MapName<K, V> {};
// Optionals, pairs and tuples:
template <class T>
struct SignatureName<std::optional<T>> {
  // Returns "T?".
  static std::string get() { return signature_of<T>() + "?"; }
};
template <class A, class B>
struct SignatureName<std::pair<A, B>> {
  // Returns "(A,B)".
  static std::string get() { return "(" + detail::signature_list<A, B>() + ")"; }
};
template <class... T>
struct SignatureName<std::tuple<T...>> {
  // Returns "(A,B,C)".
  static std::string get() { return "(" + detail::signature_list<T...>() + ")"; }
};

// Returns the FNV-1a hash of the text, 64 bits (Fowler, Noll, Vo). 0 stands for "not checked" on the wire and is never
// returned.
constexpr std::uint64_t signature_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return hash == 0 ? 1 : hash;
}

namespace detail {

// KnownSignature: a signature that this program uses. Errors find its text by its hash, which is all that travels. A
// static object; each adds itself to a list of all. Thread-safe, without locks.
class KnownSignature {
 public:
  // text: must outlive the program's last error.
  explicit KnownSignature(const std::string& text) noexcept
      : text_{text}, hash_{signature_hash(text)}, next_{first.load()} {
    while (!first.compare_exchange_weak(next_, this)) {
    }
  }
  KnownSignature(const KnownSignature&) = delete;
  KnownSignature& operator=(const KnownSignature&) = delete;
  std::uint64_t hash() const noexcept { return hash_; }
  // Returns the text of the signature with this hash. Empty: this program has not used it.
  static std::string_view text_of(std::uint64_t hash) noexcept {
    for (const KnownSignature* one = first.load(); one != nullptr; one = one->next_)
      if (one->hash_ == hash) return one->text_;
    return {};
  }

 private:
  inline static std::atomic<const KnownSignature*> first{nullptr};

  std::string_view text_;
  std::uint64_t hash_;
  const KnownSignature* next_;
};

}  // namespace detail
}  // namespace forkmill
