// Rights: the queues and names that a principal may use, and how much of the broker. Each kind of names has patterns,
// which are names or prefixes followed by `*`: mail.fetch, mail.*. A kind without a pattern is not limited,
// except `manage`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
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

// Quotas: how much a principal may have at the broker, through all its clients.
struct Quotas {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t tasks = kUnlimited;         // unfinished tasks
  std::uint64_t task_bytes = kUnlimited;    // arguments of these
  std::uint64_t objects = kUnlimited;       // named objects that it has made
  std::uint64_t object_bytes = kUnlimited;  // values in these
  std::uint64_t result_bytes = kUnlimited;  // results that the broker must keep for its clients
  friend bool operator==(const Quotas&, const Quotas&) = default;
};

struct Rights {
  Patterns submit;          // queues into which clients may submit
  Patterns serve;           // queues that workers may serve
  Patterns objects;         // named objects; objects without a name, whose names clients make up, are always allowed
  Patterns submit_names{};  // names of tasks that clients may submit
  Patterns serve_names{};   // names of tasks that workers may register
  Patterns manage{};        // queues whose tasks of other principals clients may see, await and cancel; none: no queue
  bool own_tasks_only = false;  // tasks of other principals are unknown to its clients, apart from `manage`
  int max_priority = std::numeric_limits<int>::max();  // highest of a task that clients submit
  Quotas quotas{};
  friend bool operator==(const Rights&, const Rights&) = default;
};

// Names of objects that programs have given no name begin with this.
inline constexpr std::string_view kAnonymousObject = "anonymous:";
constexpr bool is_unnamed(std::string_view object) { return object.starts_with(kAnonymousObject); }

}  // namespace forkmill::proto
