#include "proto/names.h"

#include <algorithm>

#include "proto/limits.h"

namespace forkmill::proto {

namespace {

constexpr bool allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == ':' || c == '/';
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::kMaxName && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace forkmill::proto
