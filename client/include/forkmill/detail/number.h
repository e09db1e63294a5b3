// Types of numbers: what Value, Array, List and Dict say to the broker about their elements when one is added to.
// For the library.
#pragma once

#include <forkmill/serialize.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace forkmill::detail {

// NumberIn<T>::type is the arithmetic type of the elements T: T itself, that of an optional, or that of an enumeration.
// void: T is no number.
template <class T>
struct NumberIn {
  using type = std::conditional_t<std::is_arithmetic_v<T> && !std::is_same_v<T, bool>, T, void>;
};
template <class T>
requires std::is_enum_v<T>
struct NumberIn<T> : NumberIn<std::underlying_type_t<T>> {
};
template <class T>
struct NumberIn<std::optional<T>> : NumberIn<T> {};

// The range of a sum. `any`: integers of 64 bits, and doubles. The numbers are those of the wire (PROTOCOL.md, add).
enum class NumberType : std::int64_t { any, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64 };

// Returns the type of the elements T. any: T is no number.
template <class T>
constexpr NumberType number_type() {
  using N = typename NumberIn<T>::type;
  if constexpr (std::is_void_v<N>) {
    return NumberType::any;
  } else if constexpr (std::is_floating_point_v<N>) {
    return sizeof(N) == sizeof(float) ? NumberType::f32 : NumberType::f64;
  } else {
    const auto first = std::is_signed_v<N> ? NumberType::i8 : NumberType::u8;
    return NumberType{static_cast<std::int64_t>(first) + std::countr_zero(sizeof(N))};
  }
}

// Packs the number that is to be added to an element T. An integer keeps its own type, so that a negative number can be
// added to an unsigned one. Everything else is converted to T first.
template <class T, class N>
std::string pack_addend(const N& number) {
  using To = typename NumberIn<T>::type;
  if constexpr (std::is_integral_v<To> && std::is_arithmetic_v<N>) {
    static_assert(std::is_integral_v<N>, "a number with a fraction cannot be added to elements that are integers");
    return pack_value(+number);
  } else if constexpr (std::is_floating_point_v<To> && std::is_arithmetic_v<N>) {
    return pack_value(static_cast<To>(number));
  } else {
    return pack_value<T>(number);
  }
}

}  // namespace forkmill::detail
