// Points in time as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace forkmill::cli {

// Reads how long ago ("10m", as durations are written) or a time of ISO 8601: "2026-11-20", "2026-11-20T13:51",
// "2026-11-20T13:51:13.250", each also with "Z" or "+01:00" behind; without one of these it is local time. A blank may
// stand for the T. Gives unix time; empty for anything else and for what is no date, such as the 30th of February.
std::optional<std::chrono::milliseconds> parse_when(std::string_view text, std::chrono::milliseconds now);

}  // namespace forkmill::cli
