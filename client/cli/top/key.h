// TopKey: a key that the user of `forkmill top` has pressed.
#pragma once

#include <cstdint>

namespace forkmill::cli {

struct TopKey {
  enum class Kind : std::uint8_t {
    character,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    backspace,
    tab,
  };
  Kind kind = Kind::character;
  char32_t character = 0;  // for Kind::character

  friend bool operator==(const TopKey&, const TopKey&) = default;
};

}  // namespace forkmill::cli
