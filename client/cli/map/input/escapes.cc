#include "client/cli/map/input/escapes.h"

#include <algorithm>
#include <charconv>

namespace forkmill::cli {

namespace {

constexpr std::string_view kEscapeLetters = "ntrfvab\\";
constexpr std::string_view kEscapeValues = "\n\t\r\f\v\a\b\\";

// Reads a number of at most `most` digits at the front of `text`, and removes it. False: there is none.
bool read_code(std::string_view& text, std::size_t most, int base, char& character) {
  unsigned code = 0;
  const auto digits = text.substr(0, most);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  if (error != std::errc{} || code > 255) return false;
  text.remove_prefix(static_cast<std::size_t>(end - digits.data()));
  character = static_cast<char>(code);
  return true;
}

}  // namespace

std::string unescaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool escape = text[0] == '\\' && text.size() > 1;
    if (!escape) {
      result += text[0];
      text.remove_prefix(1);
      continue;
    }
    auto rest = text.substr(1);
    char character = 0;
    if (const auto at = kEscapeLetters.find(rest[0]); at != std::string_view::npos) {
      character = kEscapeValues[at];
      rest.remove_prefix(1);
    } else {
      const bool hexadecimal = rest[0] == 'x';
      if (hexadecimal) rest.remove_prefix(1);
      if (!read_code(rest, hexadecimal ? 2 : 3, hexadecimal ? 16 : 8, character)) {
        result += '\\';
        rest = text.substr(1);
        character = rest[0];
        rest.remove_prefix(1);
      }
    }
    result += character;
    text = rest;
  }
  return result;
}

}  // namespace forkmill::cli
