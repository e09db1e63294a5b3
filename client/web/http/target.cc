#include "client/web/http/target.h"

#include <array>
#include <cstdio>
#include <utility>

namespace forkmill::web {

namespace {

// Null: `c` is no hexadecimal digit.
std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// plus_is_blank: as in queries.
std::optional<std::string> decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_blank) c = ' ';
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high << 4 | *low);
      i += 2;
    }
    if (is_control(c)) return std::nullopt;
    out += c;
  }
  return out;
}

// Removes the text before the first `mark` from `rest`, and the mark, and returns this text.
std::string_view cut(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto first = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return first;
}

bool parse_path(std::string_view text, Target& target) {
  if (text.empty() || text.front() != '/') return false;
  text.remove_prefix(1);
  while (!text.empty()) {
    const bool is_last = text.find('/') == std::string_view::npos;
    auto segment = decode(cut(text, '/'), false);
    if (!segment || segment->empty() || *segment == "." || *segment == "..") return false;
    if (!is_last && text.empty()) return false;  // a "/" at the end
    if (target.path.size() == Target::kMaxSegments) return false;
    target.path.push_back(std::move(*segment));
  }
  return true;
}

bool parse_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    auto value = cut(text, '&');
    if (value.empty()) continue;
    const auto name = decode(cut(value, '='), true);
    auto decoded = decode(value, true);
    if (!name || !decoded || target.query.size() == Target::kMaxParameters) return false;
    if (!target.query.try_emplace(*name, std::move(*decoded)).second) return false;
  }
  return true;
}

}  // namespace

std::optional<Target> parse_target(std::string_view uri) {
  if (uri.size() > Target::kMaxBytes) return std::nullopt;
  Target target;
  const auto path = cut(uri, '?');
  if (!parse_path(path, target) || !parse_query(uri, target)) return std::nullopt;
  return target;
}

std::string encode_component(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    std::array<char, 4> escape{};
    std::snprintf(escape.data(), escape.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += escape.data();
  }
  return out;
}

}  // namespace forkmill::web
