#include "client/cli/text/human.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <utility>

namespace forkmill::cli {

namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kMaxSeconds = 1e9;  // some thirty years: far from the edge of what milliseconds can hold
constexpr double kMaxBytes = 1e15;   // well inside what a double counts exactly

// Takes a number such as "12" or "3.5" off the front. No sign, no exponent.
std::optional<double> take_number(std::string_view& text) {
  const auto length = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + length, value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

// Takes the letters of a unit off the front.
std::string_view take_unit(std::string_view& text) {
  const auto length = std::min(text.find_first_of("0123456789."), text.size());
  const auto unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

std::optional<double> seconds_of(std::string_view unit) {
  if (unit == "ms") return 0.001;
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return kMinute;
  if (unit == "h") return kHour;
  if (unit == "d") return kDay;
  return std::nullopt;
}

std::string print(const char* format, double value) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// "3m12s": whole units, the smaller one with two digits.
std::string two_units(double seconds, double big, const char* big_name, double small, const char* small_name) {
  const auto units = static_cast<std::int64_t>(seconds / small);
  const auto ratio = static_cast<std::int64_t>(big / small);
  const auto rest = std::to_string(units % ratio);
  return std::to_string(units / ratio) + big_name + (rest.size() < 2 ? "0" : "") + rest + small_name;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = seconds_of(take_unit(text));
    if (!unit) return std::nullopt;
    total += *number * *unit;
  }
  if (total > kMaxSeconds) return std::nullopt;
  return std::chrono::milliseconds{std::llround(total * 1000)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  double scale = 1;
  if (!text.empty() && text != "B") {
    const auto power = std::string_view{"kmgt"}.find(static_cast<char>(text[0] | 0x20));
    const auto tail = text.substr(1);
    if (power == std::string_view::npos || !(tail.empty() || tail == "B" || tail == "iB")) return std::nullopt;
    scale = std::ldexp(1.0, static_cast<int>(10 * (power + 1)));
  }
  if (*number * scale > kMaxBytes) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*number * scale));
}

std::string format_duration(double seconds) {
  if (!(seconds > 0)) return "0s";
  if (seconds < 0.9995) return print("%.0fms", std::ceil(seconds * 1000 - 0.5));
  if (seconds < 9.95) return print("%.1fs", seconds);
  if (seconds < kMinute - 0.5) return print("%.0fs", seconds);
  seconds += 0.5;
  if (seconds < kHour) return two_units(seconds, kMinute, "m", 1, "s");
  if (seconds < kDay) return two_units(seconds, kHour, "h", kMinute, "m");
  return two_units(std::min(seconds, kMaxSeconds * 1000), kDay, "d", kHour, "h");
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return print("%.1f ", value) + kUnits[unit];
}

std::string format_rate(double per_second) {
  if (!(per_second > 0)) return "0/s";
  if (per_second < 1) return print("%.2f/s", per_second);
  if (per_second < 10) return print("%.1f/s", per_second);
  if (per_second < 10'000) return print("%.0f/s", per_second);
  return print("%.1fk/s", per_second / 1000);
}

std::string format_time(std::int64_t unix_ms) {
  if (unix_ms == 0) return "-";
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "-";
  std::array<char, 64> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return std::string{text.data(), length} + print(".%03.0fZ", static_cast<double>(unix_ms % 1000));
}

}  // namespace forkmill::cli
