#include "worker/rules/scaling/pool_bounds.h"

#include <charconv>
#include <string>

namespace forkmill::worker {

namespace {

std::optional<unsigned> count_in(std::string_view text, unsigned min) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  return is_number && number >= min && number <= kMaxChildren ? std::optional{number} : std::nullopt;
}

}  // namespace

proto::Result<AskedProcesses> parse_processes(std::string_view text) {
  constexpr std::string_view kAuto = "auto";
  if (const auto number = count_in(text, 0)) return AskedProcesses{*number, {}};
  if (text == kAuto) return AskedProcesses{0, {.min = 1, .max = 0}};
  if (text.starts_with("auto:")) {
    const std::string_view range = text.substr(kAuto.size() + 1);
    const auto dash = range.find('-');
    const auto min = count_in(range.substr(0, dash), 1);
    const auto max = dash == std::string_view::npos ? std::nullopt : count_in(range.substr(dash + 1), 1);
    if (min && max && *min <= *max) return AskedProcesses{0, {.min = *min, .max = *max}};
  }
  return proto::Failure{Errc::option_out_of_range, "a number from 0 to " + std::to_string(kMaxChildren) +
                                                       ", auto, or auto:MIN-MAX with 1 <= "
                                                       "MIN <= MAX, such as auto:2-16"};
}

}  // namespace forkmill::worker
