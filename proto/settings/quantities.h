// Durations and sizes as text: the one grammar of all programs, for command lines, environment variables and TOML
// files. README.md in this folder documents it.
//
//     duration   30 (seconds)   250ms   1.5s   10m   1h30m   7d
//     size       4096 (bytes)   64K     1.5M   2GiB
//
// Pure functions: any thread may call them. A number has no sign and no exponent; fractions of a millisecond or of a
// byte are rounded to the nearest one, and never to 0.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace forkmill::proto {

// For error messages and --help.
inline constexpr const char* kDurationExamples = "30 (seconds), 250ms, 1.5s, 10m, 1h30m or 7d";
inline constexpr const char* kSizeExamples = "4096 (bytes), 64K, 1.5M or 2GiB";

// The maximum of the durations of the command: 30 years. A deadline that far away still fits a clock of nanoseconds.
inline constexpr std::chrono::hours kMaxDurationOption{24 * 365 * 30};

// Reads one or more numbers, each with a unit of d, h, m, s or ms, and adds them up. A number without a unit is in
// seconds. Returns nullopt for any other text and for more than 2^63 - 1 ms.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// Reads one number, in bytes or with a unit: K, M, G or T, in either case, alone or followed by "B" or "iB"; all are
// powers of 1024. Returns nullopt for any other text and for more than 2^63 - 1 bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

// Returns the shortest text with one unit that parse_duration() reads back exactly: "250ms", "90s", "2h", "0".
// REQUIRES: value >= 0.
std::string format_duration(std::chrono::milliseconds value);

// Returns the shortest text that parse_size() reads back exactly: "64K", "1000", "0".
std::string format_size(std::uint64_t value);

}  // namespace forkmill::proto
