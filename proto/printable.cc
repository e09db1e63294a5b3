#include "proto/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace forkmill::proto {

namespace {

// One character of UTF-8. `size` 0: the bytes are none.
struct Character {
  std::uint32_t code = 0;
  std::size_t size = 0;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  std::uint32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[size] || code > 0x10FFFF || is_surrogate ? Character{} : Character{code, size};
}

bool is_harmless(std::uint32_t code) {
  if (code == '\t') return true;
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;  // C0, DEL and C1
  if (code == 0x61C || code == 0x200E || code == 0x200F) return false;
  if (code >= 0x2028 && code <= 0x202E) return false;  // separators and directions
  return code < 0x2066 || code > 0x2069;
}

void append_escape(std::string& out, const char* format, std::uint32_t number) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(number));
  out += text.data();
}

}  // namespace

std::string printable(std::string_view text, LineBreaks line_breaks) {
  const auto is_plain = [&](char c) {
    return (c >= 0x20 && c < 0x7F) || c == '\t' || (c == '\n' && line_breaks == LineBreaks::kept);
  };
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto plain = std::find_if_not(text.begin(), text.end(), is_plain);
    const auto length = static_cast<std::size_t>(plain - text.begin());
    out += text.substr(0, length);
    text.remove_prefix(length);
    if (text.empty()) break;
    const Character character = first_character(text);
    if (character.size == 0)
      append_escape(out, "\\x%02x", static_cast<unsigned char>(text[0]));
    else if (is_harmless(character.code))
      out += text.substr(0, character.size);
    else if (character.code == '\n')
      out += "\\n";
    else
      append_escape(out, character.code < 0x80 ? "\\x%02x" : "\\u%04x", character.code);
    text.remove_prefix(std::max<std::size_t>(character.size, 1));
  }
  return out;
}

}  // namespace forkmill::proto
