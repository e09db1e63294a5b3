// Durations of any length and unit as those that this library reckons with, without overflow: `hours::max()` is as long
// as can be said, not a moment in the past. Not for users.
#pragma once

#include <chrono>

namespace forkmill::detail {

// Rounded up; as long (or as far back) as `To` can say where it is more than that.
template <class To, class Rep, class Period>
constexpr To saturated(std::chrono::duration<Rep, Period> span) {
  using Seconds = std::chrono::duration<long double>;
  const auto seconds = std::chrono::duration_cast<Seconds>(span);
  if (!(seconds < std::chrono::duration_cast<Seconds>(To::max()))) return To::max();  // also for what is not a number
  if (seconds <= std::chrono::duration_cast<Seconds>(To::min())) return To::min();
  return std::chrono::ceil<To>(span);
}

}  // namespace forkmill::detail
