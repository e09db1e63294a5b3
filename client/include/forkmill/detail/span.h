// Durations of any length and unit as those that the library reckons with, without overflow: `hours::max()` is the
// longest duration of the other type, not a moment in the past. For the library.
#pragma once

#include <chrono>
#include <cmath>
#include <stdexcept>

namespace forkmill::detail {

// Converts a duration to `To`, rounded up. One beyond the range of `To` becomes its longest, or its most negative.
// Throws std::invalid_argument for one that is not a number. Complexity: constant; the comparison is in long double.
template <class To, class Rep, class Period>
constexpr To saturated(std::chrono::duration<Rep, Period> span) {
  using Seconds = std::chrono::duration<long double>;
  const auto seconds = std::chrono::duration_cast<Seconds>(span);
  if (std::isnan(seconds.count())) throw std::invalid_argument{"a time limit that is not a number"};
  if (seconds >= std::chrono::duration_cast<Seconds>(To::max())) return To::max();
  if (seconds <= std::chrono::duration_cast<Seconds>(To::min())) return To::min();
  return std::chrono::ceil<To>(span);
}

}  // namespace forkmill::detail
