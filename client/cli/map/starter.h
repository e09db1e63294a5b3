// JobStarter: starts the jobs of a run, each with a slot and a time limit, and with pauses between them. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

#include "client/cli/map/fleet.h"
#include "client/cli/map/input/job_feed.h"
#include "client/cli/map/run.h"
#include "client/cli/map/slots.h"
#include "client/cli/map/time_limit.h"

namespace forkmill::cli {

class JobStarter {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    TimeLimit limit{};
    std::chrono::milliseconds delay{0};  // between the starts of two jobs
    // Jobs that start together once there were as many as the run wants: they share messages. Fewer of them start if no
    // more end for a moment.
    std::size_t together = 1;
  };

  JobStarter(JobFeed feed, Options options) : feed_{std::move(feed)}, options_{std::move(options)} {}

  // Starts jobs on `fleet` as long as `run` wants some and the input has them, for a short time. Returns whether the
  // input has ended. Throws the errors of JobFeed::next().
  bool start_jobs(MapRun& run, Fleet& fleet);
  // Call when the job of this slot has ended for good.
  void release(std::uint64_t slot) { slots_.release(slot); }
  void succeeded(double run_seconds) { options_.limit.succeeded(run_seconds); }

  // Whether the input has no job yet: poll wait_fd() of the feed.
  bool waits_for_input() const { return input_waits_; }
  // The time until the next job may start. Zero: now.
  std::chrono::milliseconds pause() const;

  JobFeed& feed() { return feed_; }
  const JobFeed& feed() const { return feed_; }

 private:
  bool start_next(MapRun& run, Fleet& fleet);
  bool waits_for_others(const MapRun& run);

  JobFeed feed_;
  Options options_;
  Slots slots_;
  Clock::time_point next_start_{};
  std::size_t full_with_ = 0;  // jobs that were in flight when the run wanted no more; 0: it has wanted some since
  Clock::time_point waits_until_{};  // for others; the epoch: it does not wait
  bool input_waits_ = false;
  bool over_ = false;
};

}  // namespace forkmill::cli
