#include "client/cli/map/halt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

constexpr std::uint64_t kMaxCounted = 253;
constexpr int kMoreThanCounted = 254;

// The numbers of older versions of GNU parallel.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNumbers{
    {{"0", "never"}, {"1", "soon,fail=1"}, {"2", "now,fail=1"}, {"-1", "soon,success=1"}, {"-2", "now,success=1"}}};

[[noreturn]] void reject(std::string_view text) {
  throw UsageError{"--halt: '" + std::string{text} + "' is not a rule",
                   "write never, now or soon, the last two with fail=N, success=N or done=N, where N may be a "
                   "percentage: now,fail=10%"};
}

// Reads "3" or "12.5%".
bool parse_threshold(std::string_view text, HaltRule& rule) {
  rule.percent = text.ends_with('%');
  if (rule.percent) text.remove_suffix(1);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), rule.threshold, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(rule.threshold > 0)) return false;
  return rule.percent ? rule.threshold <= 100 : rule.threshold == std::floor(rule.threshold);
}

}  // namespace

HaltRule HaltRule::parse(std::string_view text) {
  HaltRule rule;
  const auto* const number =
      std::find_if(kNumbers.begin(), kNumbers.end(), [text](const auto& one) { return one.first == text; });
  if (number != kNumbers.end()) return parse(number->second);
  if (text == "never") return rule;
  if (text.ends_with('%') && text.find(',') == std::string_view::npos) {
    rule.when = Halt::soon;
    if (!parse_threshold(text, rule)) reject(text);
    return rule;
  }
  const auto comma = text.find(',');
  const auto when = text.substr(0, comma);
  if (when != "now" && when != "soon") reject(text);
  rule.when = when == "now" ? Halt::now : Halt::soon;
  if (comma == std::string_view::npos) return rule;
  const auto what = text.substr(comma + 1);
  const auto equals = what.find('=');
  const auto on = what.substr(0, equals);
  if (on != "fail" && on != "success" && on != "done") reject(text);
  rule.on = on == "fail" ? On::fail : on == "success" ? On::success : On::done;
  if (equals != std::string_view::npos && !parse_threshold(what.substr(equals + 1), rule)) reject(text);
  return rule;
}

std::uint64_t HaltWatch::counted() const {
  switch (rule_.on) {
    case HaltRule::On::fail:
      return failed_;
    case HaltRule::On::success:
      return done_ - failed_;
    case HaltRule::On::done:
      return done_;
  }
  return 0;
}

void HaltWatch::check(int status) {
  if (rule_.when == Halt::never || state_ != Halt::never || (rule_.percent && !total_)) return;
  const auto total = static_cast<double>(total_.value_or(0));
  const double threshold = rule_.percent ? rule_.threshold / 100 * total : rule_.threshold;
  if (counted() == 0 || static_cast<double>(counted()) < threshold) return;
  state_ = rule_.when;
  if (rule_.on == HaltRule::On::success)
    halt_status_ = 0;
  else if (rule_.percent)
    halt_status_ = static_cast<int>(std::ceil(static_cast<double>(failed_) / total * 100));
  else if (rule_.threshold == 1)
    halt_status_ = status;
}

void HaltWatch::ended(const Outcome& outcome) {
  ++done_;
  if (!outcome.ok()) ++failed_;
  last_status_ = outcome.status();
  check(last_status_);
}

void HaltWatch::total_known(std::uint64_t total) {
  total_ = total;
  check(last_status_);
}

int HaltWatch::exit_status() const {
  if (halt_status_) return *halt_status_;
  return failed_ > kMaxCounted ? kMoreThanCounted : static_cast<int>(failed_);
}

}  // namespace forkmill::cli
