#include "client/cli/map/stall_watch.h"

#include <algorithm>
#include <utility>

#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

constexpr std::chrono::milliseconds kStoppingPatience{1000};  // a run that is being stopped asks the broker sooner

}  // namespace

// Once in each outage.
void StallWatch::check_outage(std::size_t in_flight) {
  if (fleet_.reachable()) {
    away_since_.reset();
    if (std::exchange(outage_reported_, false)) display_.message("the broker answers again");
    return;
  }
  if (!away_since_) away_since_ = Clock::now();
  if (outage_reported_ || stopping_ || in_flight == 0 || !is_away()) return;
  outage_reported_ = true;
  display_.message("waiting: the broker does not answer; " + format_count(in_flight, "job") +
                   " will go on when it does; interrupt to stop waiting");
}

void StallWatch::check(std::size_t in_flight) {
  check_outage(in_flight);
  const auto patience = stopping_ ? std::min(patience_, kStoppingPatience) : patience_;
  if (away_since_ || in_flight == 0 || Clock::now() - last_outcome_ < patience) return;
  // Once. Jobs that no worker serves would otherwise wait without a message. A run that is being stopped asks in order
  // to learn whether the broker answers at all.
  if (stall_reported_ && !stopping_) return;
  const auto reason = fleet_.stall_reason();
  if (!reason || stopping_) return;
  stall_reported_ = true;
  display_.message(*reason);
}

}  // namespace forkmill::cli
