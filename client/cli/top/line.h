// TopLine: a line of the screen of `forkmill top`.
#pragma once

#include <cstdint>
#include <string>

namespace forkmill::cli {

struct TopLine {
  enum class Style : std::uint8_t { plain, status, heading, selected, alert, prompt };
  std::string text{};  // printable
  Style style = Style::plain;
};

}  // namespace forkmill::cli
