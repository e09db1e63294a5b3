// Texts for people that have a maximum size. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace forkmill::proto {

// Returns the beginning of `text` with at most `max` bytes that does not end inside a character of UTF-8. A text that
// is not UTF-8 may be cut anywhere.
constexpr std::string_view first_bytes(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  constexpr std::size_t kMaxContinuation = 3;  // bytes of a character after its first one
  auto end = max;
  while (end > 0 && max - end <= kMaxContinuation && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, max - end <= kMaxContinuation ? end : max);
}

}  // namespace forkmill::proto
