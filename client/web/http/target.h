// The target of a request: "/api/v1/tasks?state=ready". Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::web {

struct Target {
  static constexpr std::size_t kMaxBytes = 4096;
  static constexpr std::size_t kMaxSegments = 16;
  static constexpr std::size_t kMaxParameters = 32;

  std::vector<std::string> path{};             // the segments, decoded; none for "/"
  std::map<std::string, std::string> query{};  // the parameters, decoded
};

// Splits and decodes a target. A segment may contain an encoded "/", which does not end it. Null: the target is not a
// path, is too long, has an empty segment, "." or "..", has a parameter twice, or has an escape that is incomplete or
// stands for a control character.
std::optional<Target> parse_target(std::string_view uri);

// Encodes `text` as one segment of a path or one value of a query.
std::string encode_component(std::string_view text);

}  // namespace forkmill::web
