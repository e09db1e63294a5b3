#include "broker/core/operators/why/words.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace forkmill::broker {

namespace {

std::string two_digits(std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::string two_units(std::int64_t large, const char* unit, std::int64_t small, const char* small_unit) {
  std::string text = std::to_string(large) + " " + unit;
  if (small > 0) text += " " + std::to_string(small) + " " + small_unit;
  return text;
}

}  // namespace

std::string in_words(proto::Instant duration) {
  const auto ms = std::max<std::int64_t>(std::chrono::duration_cast<proto::milliseconds>(duration).count(), 0);
  const auto seconds = ms / 1000;
  if (seconds == 0) return std::to_string(ms) + " ms";
  if (seconds < 60) return std::to_string(seconds) + " s";
  const auto minutes = seconds / 60;
  if (minutes < 60) return two_units(minutes, "min", seconds % 60, "s");
  const auto hours = minutes / 60;
  if (hours < 24) return two_units(hours, "h", minutes % 60, "min");
  return two_units(hours / 24, "d", hours % 24, "h");
}

std::string at_utc(proto::milliseconds unix_time) {
  using namespace std::chrono;
  const auto time = sys_time<seconds>{floor<seconds>(unix_time)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return std::to_string(static_cast<int>(date.year())) + "-" + two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + " " + two_digits(clock.hours().count()) + ":" +
         two_digits(clock.minutes().count()) + ":" + two_digits(clock.seconds().count()) + " UTC";
}

std::string listed(const std::vector<std::string>& words, std::size_t most) {
  const std::size_t shown = std::min(words.size(), most);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == shown && shown == words.size();
    text += (i == 0 ? "" : is_last ? " and " : ", ") + words[i];
  }
  if (shown < words.size()) text += " and " + std::to_string(words.size() - shown) + " more";
  return text;
}

}  // namespace forkmill::broker
