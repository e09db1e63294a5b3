#include "proto/settings/quantities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace forkmill::proto {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};
// Largest first, as format() needs them.
constexpr std::array kDurations{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                Unit{"ms", 1}};
constexpr std::array kSizes{Unit{"T", 1ULL << 40}, Unit{"G", 1ULL << 30}, Unit{"M", 1ULL << 20}, Unit{"K", 1ULL << 10},
                            Unit{"", 1}};

constexpr std::uint64_t kMaxAmount = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kNumberCharacters = "0123456789.";

// An amount in two parts, so that whole numbers stay exact beyond the 53 bits of a double.
struct Amount {
  std::uint64_t whole = 0;
  double fraction = 0;
};

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// Removes a number such as "12", "3.5" or ".5" from the front of `text`. Null: there is none.
std::optional<Amount> read_number(std::string_view& text) {
  const auto number = text.substr(0, std::min(text.find_first_not_of(kNumberCharacters), text.size()));
  const auto whole = number.substr(0, std::min(number.find('.'), number.size()));
  const auto fraction = number.substr(whole.size());
  Amount amount;
  if (whole.empty() && fraction.size() < 2) return std::nullopt;
  if (!whole.empty() && !read(whole, amount.whole)) return std::nullopt;
  if (fraction.size() > 1 && !read(fraction, amount.fraction)) return std::nullopt;
  text.remove_prefix(number.size());
  return amount;
}

// Removes the letters of a unit from the front of `text`.
std::string_view read_unit(std::string_view& text) {
  const auto unit = text.substr(0, std::min(text.find_first_of(kNumberCharacters), text.size()));
  text.remove_prefix(unit.size());
  return unit;
}

// Adds `number` units of `size` to `total`. False: the total would exceed kMaxAmount.
bool add(const Amount& number, std::uint64_t size, Amount& total) {
  if (number.whole > (kMaxAmount - total.whole) / size) return false;
  total.whole += number.whole * size;
  total.fraction += number.fraction * static_cast<double>(size);
  return true;
}

std::optional<std::uint64_t> rounded(const Amount& total) {
  auto fraction = static_cast<std::uint64_t>(std::llround(total.fraction));
  if (fraction == 0 && total.whole == 0 && total.fraction > 0) fraction = 1;  // 0 often stands for "none"
  if (fraction > kMaxAmount - total.whole) return std::nullopt;
  return total.whole + fraction;
}

// Null: there is no such unit.
std::optional<std::uint64_t> milliseconds_in(std::string_view unit) {
  if (unit.empty()) unit = "s";
  const auto* const found =
      std::find_if(kDurations.begin(), kDurations.end(), [unit](const Unit& one) { return one.name == unit; });
  if (found == kDurations.end()) return std::nullopt;
  return found->size;
}

// Null: there is no such unit.
std::optional<std::uint64_t> bytes_in(std::string_view unit) {
  if (unit.empty() || unit == "B") return 1;
  const auto tail = unit.substr(1);
  if (!tail.empty() && tail != "B" && tail != "iB") return std::nullopt;
  const char letter = unit[0] >= 'a' && unit[0] <= 'z' ? static_cast<char>(unit[0] - 'a' + 'A') : unit[0];
  const auto* const found =
      std::find_if(kSizes.begin(), kSizes.end(), [letter](const Unit& one) { return one.name.starts_with(letter); });
  if (found == kSizes.end()) return std::nullopt;
  return found->size;
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& one : units)
    if (value >= one.size && value % one.size == 0) return std::to_string(value / one.size) + std::string{one.name};
  return "0";
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Amount total;
  while (!text.empty()) {
    const auto number = read_number(text);
    if (!number) return std::nullopt;
    const auto unit = milliseconds_in(read_unit(text));
    if (!unit || !add(*number, *unit, total)) return std::nullopt;
  }
  const auto amount = rounded(total);
  if (!amount) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*amount)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = read_number(text);
  if (!number) return std::nullopt;
  const auto unit = bytes_in(text);
  Amount total;
  if (!unit || !add(*number, *unit, total)) return std::nullopt;
  return rounded(total);
}

std::string format_duration(std::chrono::milliseconds value) {
  return format(static_cast<std::uint64_t>(value.count()), kDurations);
}

std::string format_size(std::uint64_t value) { return format(value, kSizes); }

}  // namespace forkmill::proto
