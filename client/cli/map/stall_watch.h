// StallWatch: tells people why no job ends: the broker does not answer, or no worker serves the queue. Decides when a
// run that is being stopped no longer waits for the broker. One thread.
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

  // `fleet` and `display` must outlive this object. patience: the time without an answer or an outcome after which
  // something is said.
  StallWatch(Fleet& fleet, Display& display, std::chrono::milliseconds patience = kPatience)
      : fleet_{fleet}, display_{display}, patience_{patience} {}

  // Call when the run is being stopped: it does not wait for a broker that is away.
  void run_is_stopping() { stopping_ = true; }
  // Call when a job has ended for good.
  void job_ended() { last_outcome_ = Clock::now(); }
  // Looks at the fleet. To be called about once a second. in_flight: the number of jobs in flight.
  void check(std::size_t in_flight);
  // Whether the run is being stopped, and the broker has not answered for the patience: what the run asks of the broker
  // now may never be done.
  bool has_given_up() const { return stopping_ && is_away(); }

 private:
  bool is_away() const { return away_since_ && Clock::now() - *away_since_ >= patience_; }
  void check_outage(std::size_t in_flight);

  Fleet& fleet_;
  Display& display_;
  std::chrono::milliseconds patience_;
  Clock::time_point last_outcome_ = Clock::now();
  std::optional<Clock::time_point> away_since_;  // null: the broker answers
  bool stopping_ = false;
  bool outage_reported_ = false;
  bool stall_reported_ = false;
};

}  // namespace forkmill::cli
