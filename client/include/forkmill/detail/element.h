// Conversion of what is put into a container to the type of its elements, as of the arguments of a call
// (arguments_of.h): none loses its value unnoticed. For the library.
#pragma once

#include <forkmill/detail/arguments_of.h>

#include <concepts>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace forkmill::detail {

// Returns a value as an element T of a container: itself, if it is one.
// Throws std::out_of_range for an integer that a T cannot hold.
template <class T, class U>
decltype(auto) convert_element(const U& value) {
  static_assert(std::convertible_to<const U&, T>,
                "forkmill: an element does not convert to the type of the container's elements");
  static_assert(!kNarrows<U, T>, "forkmill: an element could lose its value (narrowing); convert it yourself");
  if constexpr (std::is_same_v<U, T>) {
    return (value);
  } else if constexpr (std::is_integral_v<U> && std::is_integral_v<T>) {
    if (!holds<T>(value))
      throw std::out_of_range{"an element is " + std::to_string(value) +
                              ", which the type of the container's elements cannot hold"};
    return static_cast<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

}  // namespace forkmill::detail
