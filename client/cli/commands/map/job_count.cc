#include "client/cli/commands/map/job_count.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace forkmill::cli {

std::optional<JobCount> JobCount::parse(std::string_view text) {
  JobCount count;
  count.default_ = false;
  const bool plus = text.starts_with('+');
  const bool minus = text.starts_with('-');
  if (text.ends_with('%')) {
    count.kind_ = Kind::percent;
    text.remove_suffix(1);
  } else if (plus || minus) {
    count.kind_ = Kind::sum;
    text.remove_prefix(1);
  }
  const auto format = count.kind_ == Kind::percent ? std::chars_format::fixed : std::chars_format{};
  std::size_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = count.kind_ == Kind::percent ? std::from_chars(text.data(), end, count.value_, format)
                                                 : std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number > kMax) return std::nullopt;
  if (count.kind_ == Kind::percent) return count.value_ > 0 ? std::optional{count} : std::nullopt;
  count.value_ = static_cast<double>(number) * (minus ? -1 : 1);
  if (count.kind_ == Kind::number && number == 0) count.value_ = kMax;
  return count;
}

std::size_t JobCount::resolve(std::size_t processes) const {
  const auto all = static_cast<double>(processes);
  const double jobs = kind_ == Kind::number ? value_ : kind_ == Kind::sum ? all + value_ : all * value_ / 100;
  return static_cast<std::size_t>(std::clamp(std::floor(jobs), 1.0, static_cast<double>(kMax)));
}

}  // namespace forkmill::cli
