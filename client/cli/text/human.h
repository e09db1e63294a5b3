// Durations, sizes and counts as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill::cli {

// Reads "30" (seconds), "1.5s", "200ms", "2m", "1h30m", "1d3.5h". Empty for anything else, for what is negative, and
// for what does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Reads "4096", "64k", "1.5M", "2GiB": powers of 1024 with or without "B" or "iB". Empty for anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);

// Two units at most: "350ms", "4.2s", "3m12s", "2h05m", "3d04h". Negative durations read as "0s".
std::string format_duration(double seconds);

// "17 B", "1.5 KiB", "3.2 GiB".
std::string format_bytes(std::uint64_t bytes);

// A rate for people: "0.25/s", "4.2/s", "131/s", "12.4k/s".
std::string format_rate(double per_second);

// RFC 3339 in UTC with milliseconds: "2026-11-20T13:51:13.250Z"; "-" for zero, which stands for never.
std::string format_time(std::int64_t unix_ms);

}  // namespace forkmill::cli
