// Texts for people: of a maximum size, and counts. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

// Returns "1 job", "2 jobs". REQUIRES: the plural of `noun` adds an "s", or "es" after an "s",
// or "ren" after "child".
inline std::string format_count(std::uint64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " ";
  text += noun;
  if (count == 1) return text;
  if (noun.ends_with("child")) return text + "ren";
  return text + (noun.ends_with('s') ? "es" : "s");
}

}  // namespace forkmill::proto
