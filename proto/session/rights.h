// Rights: the queues and names that a principal may use. Each kind has patterns, which are names or beginnings of names
// with `*` behind: mail.fetch, mail.*. A kind without a pattern is not limited.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::proto {

using Patterns = std::vector<std::string>;

inline bool matches(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

// Returns whether the name matches a pattern, or there is none.
inline bool allows(const Patterns& patterns, std::string_view name) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [&](const std::string& pattern) { return matches(name, pattern); });
}

struct Rights {
  Patterns submit;   // queues into which clients may submit
  Patterns serve;    // queues that workers may serve
  Patterns objects;  // named objects; objects without a name, whose names clients make up, are always allowed
  friend bool operator==(const Rights&, const Rights&) = default;
};

// Names of objects that programs have given no name begin with this.
inline constexpr std::string_view kAnonymousObject = "anonymous:";

}  // namespace forkmill::proto
