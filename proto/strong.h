// Strong<Tag>: a number with its own type, so that a SessionId and a TaskSeq cannot be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace forkmill::proto {

template <class Tag, class Rep = std::uint64_t>
class Strong {
 public:
  using rep = Rep;
  constexpr Strong() = default;
  constexpr explicit Strong(Rep value) : value_{value} {}
  constexpr Rep value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  constexpr Strong next() const { return Strong{static_cast<Rep>(value_ + 1)}; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  Rep value_ = 0;  // zero: none
};

}  // namespace forkmill::proto

template <class Tag, class Rep>
struct std::hash<forkmill::proto::Strong<Tag, Rep>> {
  std::size_t operator()(const forkmill::proto::Strong<Tag, Rep>& id) const noexcept {
    // Most numbers are consecutive; this spreads them over the table.
    return static_cast<std::size_t>(static_cast<std::uint64_t>(id.value()) * 0x9E3779B97F4A7C15ULL >> 7);
  }
};
