#include "client/web/http/accept_encoding.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace forkmill::web {

namespace {

std::string_view without_spaces(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// Removes and returns the text before the first separator, and that.
std::string_view pop(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = without_spaces(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool is_same(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](unsigned char a, char b) { return std::tolower(a) == b; });
}

// Whether the parameters have a weight of 0.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = pop(parameters, ';');
    if (is_same(pop(value, '='), "q")) return value.find_first_not_of("0. \t") == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool accepts_gzip(std::string_view header) {
  std::optional<bool> gzip;
  bool others = false;
  while (!header.empty()) {
    auto parameters = pop(header, ',');
    const auto name = pop(parameters, ';');
    if (is_same(name, "gzip") || is_same(name, "x-gzip")) gzip = !is_refused(parameters);
    if (name == "*") others = !is_refused(parameters);
  }
  return gzip.value_or(others);
}

}  // namespace forkmill::web
