#include "client/cli/text/when.h"

#include <charconv>
#include <ctime>

#include "proto/settings/quantities.h"

namespace forkmill::cli {

namespace {

using std::chrono::milliseconds;

// Removes `count` digits from the front of `text`. Null: there are fewer.
std::optional<int> read_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc{} || end != text.data() + count || text[0] == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

// Removes `c` from the front of `text`. False: `text` does not start with it.
bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> read_date(std::string_view& text) {
  const auto year = read_digits(text, 4);
  if (!year || *year < 1970 || !skip(text, '-')) return std::nullopt;
  const auto month = read_digits(text, 2);
  if (!month || !skip(text, '-')) return std::nullopt;
  const auto day = read_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional{std::chrono::sys_days{date}} : std::nullopt;
}

std::optional<milliseconds> read_hours_and_minutes(std::string_view& text) {
  const auto hours = read_digits(text, 2);
  if (!hours || *hours > 23 || !skip(text, ':')) return std::nullopt;
  const auto minutes = read_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
}

// Reads the time of a day: "13:51", "13:51:13", "13:51:13.250".
std::optional<milliseconds> read_time(std::string_view& text) {
  auto time = read_hours_and_minutes(text);
  if (!time || !skip(text, ':')) return time;
  const auto seconds = read_digits(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  *time += std::chrono::seconds{*seconds};
  if (!skip(text, '.')) return time;
  int unit = 100;
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
    *time += milliseconds{(text[0] - '0') * unit};
  }
  return time;
}

// Reads the offset to UTC: "Z", "+01:00". Returns `local` for an empty text.
std::optional<milliseconds> read_zone(std::string_view& text, milliseconds local) {
  if (text.empty()) return local;
  if (skip(text, 'Z')) return milliseconds{0};
  const int sign = skip(text, '+') ? 1 : (skip(text, '-') ? -1 : 0);
  if (sign == 0) return std::nullopt;
  const auto offset = read_hours_and_minutes(text);
  return offset ? std::optional{sign * *offset} : std::nullopt;
}

// The offset of local time to UTC at the local time `wall`.
milliseconds local_offset(milliseconds wall) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(wall).count();
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return milliseconds{0};
  parts.tm_isdst = -1;
  return std::chrono::seconds{seconds - std::mktime(&parts)};
}

}  // namespace

std::optional<milliseconds> parse_when(std::string_view text, milliseconds now) {
  if (const auto ago = proto::parse_duration(text)) return *ago < now ? std::optional{now - *ago} : std::nullopt;
  const auto date = read_date(text);
  if (!date) return std::nullopt;
  milliseconds wall = date->time_since_epoch();
  if (skip(text, 'T') || skip(text, ' ')) {
    const auto time = read_time(text);
    if (!time) return std::nullopt;
    wall += *time;
  }
  const auto offset = read_zone(text, local_offset(wall));
  if (!offset || !text.empty()) return std::nullopt;
  const auto when = wall - *offset;
  return when.count() < 0 ? std::nullopt : std::optional{when};
}

}  // namespace forkmill::cli
