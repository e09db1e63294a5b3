// Points in time as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace forkmill::cli {

// Reads a duration before `now` ("10m", proto/settings/quantities.h) or a time of ISO 8601: "2026-11-20",
// "2026-11-20T13:51" or "2026-11-20T13:51:13.250", optionally followed by "Z" or "+01:00", without which it is local
// time. A blank may replace the T. Returns unix time. Null: any other text, a date that does not exist, or a time
// before 1970.
std::optional<std::chrono::milliseconds> parse_when(std::string_view text, std::chrono::milliseconds now);

}  // namespace forkmill::cli
