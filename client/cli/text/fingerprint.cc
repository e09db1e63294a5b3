#include "client/cli/text/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "proto/text.h"

namespace forkmill::cli {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_of_word(char c) { return is_digit(c) || is_letter(c) || c == '-'; }

// Whether `word` is a UUID or another id in hexadecimal digits: with a digit, so that it is no word of a language.
bool is_id(std::string_view word) {
  constexpr std::size_t kShortest = 8;
  const bool fits = std::all_of(word.begin(), word.end(), [](char c) { return is_hex(c) || c == '-'; });
  return fits && word.size() >= kShortest && is_hex(word.front()) && std::any_of(word.begin(), word.end(), is_digit) &&
         std::any_of(word.begin(), word.end(), [](char c) { return !is_digit(c); });
}

bool is_hex_number(std::string_view word) {
  return word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X') &&
         std::all_of(word.begin() + 2, word.end(), is_hex);
}

// Appends the word with "<n>" for each run of digits.
void append_without_numbers(std::string& pattern, std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!is_digit(word[i]))
      pattern += word[i];
    else if (i == 0 || !is_digit(word[i - 1]))
      pattern += "<n>";
  }
}

}  // namespace

std::string pattern_of(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  std::string pattern;
  while (!text.empty() && pattern.size() <= kMaxPattern) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_of_word) - text.begin();
    const auto word = text.substr(0, static_cast<std::size_t>(end));
    if (word.empty())
      pattern += text.front();
    else if (is_id(word))
      pattern += "<id>";
    else if (is_hex_number(word))
      pattern += "<n>";
    else
      append_without_numbers(pattern, word);
    text.remove_prefix(std::max<std::size_t>(word.size(), 1));
  }
  return std::string{proto::first_bytes(pattern, kMaxPattern)};
}

std::string fingerprint(std::string_view name, std::string_view type, std::string_view pattern) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const auto part : {name, type, pattern}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    hash = (hash ^ 0xFFU) * 0x100000001B3;  // a byte that no text has, so that ("a", "bc") is not ("ab", "c")
  }
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

}  // namespace forkmill::cli
