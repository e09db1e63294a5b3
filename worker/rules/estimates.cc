#include "worker/rules/estimates.h"

#include <algorithm>

namespace forkmill::worker {

namespace {

constexpr double kLeastRunUs = 1;  // the clock's grain
constexpr std::size_t kUnknownAhead = 1;

}  // namespace

void Estimates::add(std::uint32_t handler, std::uint64_t run_us, std::size_t bytes) {
  const double run = std::max(static_cast<double>(run_us), kLeastRunUs);
  by_handler_.at(handler).add(run);
  run_.add(run);
  bytes_.add(static_cast<double>(bytes));
}

std::optional<double> Estimates::run_us(std::uint32_t handler) const {
  const Average& average = by_handler_.at(handler);
  return average.known ? std::optional{average.value} : std::nullopt;
}

std::size_t Estimates::ahead() const {
  if (!run_.known) return kUnknownAhead;
  const double by_time = kAheadUs / std::max(run_.value, kLeastRunUs);
  const double by_bytes = kMaxBytesAhead / std::max(bytes_.value, 1.0);
  return std::min(kMaxAhead, static_cast<std::size_t>(std::min(by_time, by_bytes)));
}

}  // namespace forkmill::worker
