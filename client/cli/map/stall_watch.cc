#include "client/cli/map/stall_watch.h"

#include <utility>

#include "client/cli/text/human.h"

namespace forkmill::cli {

// Once in each outage.
void StallWatch::check_outage(std::size_t in_flight) {
  if (fleet_.reachable()) {
    away_since_.reset();
    if (std::exchange(outage_reported_, false)) display_.message("the broker answers again");
    return;
  }
  if (!away_since_) away_since_ = Clock::now();
  if (outage_reported_ || in_flight == 0 || !is_away()) return;
  outage_reported_ = true;
  display_.message("waiting: the broker does not answer; " + format_count(in_flight, "job") +
                   " will go on when it does; interrupt to cancel");
}

void StallWatch::check(std::size_t in_flight) {
  check_outage(in_flight);
  // Once. Jobs that no worker serves would otherwise wait without a message.
  if (stall_reported_ || away_since_ || in_flight == 0 || Clock::now() - last_outcome_ < kPatience) return;
  const auto reason = fleet_.stall_reason();
  if (!reason) return;
  stall_reported_ = true;
  display_.message(*reason);
}

}  // namespace forkmill::cli
