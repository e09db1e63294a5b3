#include "worker/quantities.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace forkmill::worker {

namespace {

// The number in front; `text` keeps what stands behind it. Empty when there is none or it does not fit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

template <std::size_t N>
std::optional<std::uint64_t> scaled(std::string_view text,
                                    const std::array<std::pair<std::string_view, std::uint64_t>, N>& units) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : units) {
    if (unit != text) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
    return *number * factor;
  }
  return std::nullopt;
}

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits{
      {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  constexpr std::uint64_t kMost = 366ULL * 24 * 3'600'000;
  const auto value = scaled(text, kUnits);
  if (!value || *value > kMost) {
    throw std::invalid_argument{quoted(text) + " is no duration: a whole number with ms, s, m or h behind it, such as "
                                "30s, up to 366 days"};
  }
  return std::chrono::milliseconds{*value};
}

std::uint64_t parse_size(std::string_view text) {
  static constexpr std::uint64_t kKibi = 1024;
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 14> kUnits{{{"", 1},
                                                                                     {"B", 1},
                                                                                     {"K", kKibi},
                                                                                     {"KB", kKibi},
                                                                                     {"KiB", kKibi},
                                                                                     {"M", kKibi * kKibi},
                                                                                     {"MB", kKibi * kKibi},
                                                                                     {"MiB", kKibi * kKibi},
                                                                                     {"G", kKibi * kKibi * kKibi},
                                                                                     {"GB", kKibi * kKibi * kKibi},
                                                                                     {"GiB", kKibi * kKibi * kKibi},
                                                                                     {"k", kKibi},
                                                                                     {"m", kKibi * kKibi},
                                                                                     {"g", kKibi * kKibi * kKibi}}};
  const auto value = scaled(text, kUnits);
  if (!value) {
    throw std::invalid_argument{quoted(text) + " is no size: a whole number of bytes, or one with K, M or G behind it, "
                                "such as 512M"};
  }
  return *value;
}

std::uint64_t parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number || !rest.empty() || *number < least || *number > most) {
    throw std::invalid_argument{quoted(text) + " is not a whole number from " + std::to_string(least) + " to " +
                                std::to_string(most)};
  }
  return *number;
}

std::string to_text(std::chrono::milliseconds duration) {
  return duration.count() % 1000 == 0 ? std::to_string(duration.count() / 1000) + "s"
                                      : std::to_string(duration.count()) + "ms";
}

}  // namespace forkmill::worker
