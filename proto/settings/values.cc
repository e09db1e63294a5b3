#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "proto/settings/settings.h"

namespace forkmill::proto {

namespace {

struct Unit {
  const char* name;
  std::uint64_t size;
};
// Largest first.
constexpr std::array kDurations{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                Unit{"ms", 1}};
constexpr std::array kBytes{Unit{"T", 1ULL << 40}, Unit{"G", 1ULL << 30}, Unit{"M", 1ULL << 20}, Unit{"K", 1ULL << 10},
                            Unit{"", 1}};

template <std::size_t N>
std::optional<std::uint64_t> parse(const std::string& text, const std::array<Unit, N>& units) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  const std::string unit{end, text.data() + text.size()};
  for (const Unit& one : units) {
    if (unit != one.name) continue;
    if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / one.size) return std::nullopt;
    return count * one.size;
  }
  return std::nullopt;
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& one : units)
    if (value >= one.size && value % one.size == 0) return std::to_string(value / one.size) + one.name;
  return "0" + std::string{units.back().name};
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(const std::string& text) {
  if (text == "0") return std::chrono::milliseconds{0};
  const auto ms = parse(text, kDurations);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*ms)};
}

std::optional<std::uint64_t> parse_bytes(const std::string& text) { return parse(text, kBytes); }

std::string format_duration(std::chrono::milliseconds value) {
  return value.count() == 0 ? "0" : format(static_cast<std::uint64_t>(value.count()), kDurations);
}
std::string format_bytes(std::uint64_t value) { return format(value, kBytes); }

}  // namespace forkmill::proto
