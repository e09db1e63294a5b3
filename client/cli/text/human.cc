#include "client/cli/text/human.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace forkmill::cli {

namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kMaxSeconds = 1e12;  // keeps the count of units within 64 bits

std::string print(const char* format, double value) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

// "3m12s": two whole units, of which the smaller one has two digits.
std::string two_units(double seconds, double big, const char* big_name, double small, const char* small_name) {
  const auto units = static_cast<std::int64_t>(seconds / small);
  const auto ratio = static_cast<std::int64_t>(big / small);
  const auto rest = std::to_string(units % ratio);
  return std::to_string(units / ratio) + big_name + (rest.size() < 2 ? "0" : "") + rest + small_name;
}

}  // namespace

std::string format_duration(double seconds) {
  if (!(seconds > 0)) return "0s";
  if (seconds < 0.0005) return "<1ms";
  if (seconds < 0.9995) return print("%.0fms", std::ceil(seconds * 1000 - 0.5));
  if (seconds < 9.95) return print("%.1fs", seconds);
  if (seconds < kMinute - 0.5) return print("%.0fs", seconds);
  seconds += 0.5;
  if (seconds < kHour) return two_units(seconds, kMinute, "m", 1, "s");
  if (seconds < kDay) return two_units(seconds, kHour, "h", kMinute, "m");
  return two_units(std::min(seconds, kMaxSeconds), kDay, "d", kHour, "h");
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

std::string format_clock(std::int64_t unix_ms, std::int64_t now_ms) {
  if (unix_ms == 0) return "-";
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return "-";
  const bool today = static_cast<double>(now_ms - unix_ms) / 1000 < kDay;
  std::array<char, 64> text{};
  const auto length = std::strftime(text.data(), text.size(), today ? "%H:%M:%S" : "%Y-%m-%d", &parts);
  return {text.data(), length};
}

}  // namespace forkmill::cli
