// StallWatch: tells people why no job ends: the broker does not answer, or no worker serves the queue. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "client/cli/map/display.h"
#include "client/cli/map/fleet.h"

namespace forkmill::cli {

class StallWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{3};

  // `fleet` and `display` must outlive this object.
  StallWatch(Fleet& fleet, Display& display) : fleet_{fleet}, display_{display} {}

  // A job has ended.
  void job_ended() { last_outcome_ = Clock::now(); }
  // Looks at the fleet. To be called about once a second. in_flight: the number of jobs in flight.
  void check(std::size_t in_flight);
  // Whether the broker has not answered for kPatience.
  bool is_away() const { return away_since_ && Clock::now() - *away_since_ >= kPatience; }

 private:
  void check_outage(std::size_t in_flight);

  Fleet& fleet_;
  Display& display_;
  Clock::time_point last_outcome_ = Clock::now();
  std::optional<Clock::time_point> away_since_;  // null: the broker answers
  bool outage_reported_ = false;
  bool stall_reported_ = false;
};

}  // namespace forkmill::cli
