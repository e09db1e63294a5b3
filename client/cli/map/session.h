// MapSession: a `forkmill map` run from its first job to its exit status. The loop around MapRun: it reads the input,
// passes jobs to the fleet, prints, logs, and handles signals. One thread.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/map/display.h"
#include "client/cli/map/fleet.h"
#include "client/cli/map/input/job_feed.h"
#include "client/cli/map/jobs/joblog.h"
#include "client/cli/map/jobs/results.h"
#include "client/cli/map/run.h"
#include "client/cli/map/slots.h"
#include "client/cli/map/spill.h"
#include "client/cli/map/stop_requests.h"
#include "client/cli/map/time_limit.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

class MapSession {
 public:
  struct Parts {
    JobFeed feed;
    std::unique_ptr<JobLog> joblog{};    // null: none is written
    std::unique_ptr<Results> results{};  // null: none is written
    bool count_first = false;  // count the input before the first job, for --halt with a percentage or a progress line
    TimeLimit limit{};
    std::chrono::milliseconds delay{0};  // between the starts of two jobs
  };

  // `fleet`, `display` and `signals` must outlive this object.
  MapSession(Parts parts, const MapRun::Options& options, Fleet& fleet, Display& display, Signals& signals);

  // Blocks until the run has ended. Returns its exit status. Throws CommandError if an input cannot be read or an
  // output cannot be written: after the jobs in flight were cancelled, and those that have ended were printed and
  // logged.
  int run();

 private:
  void feed();
  // Starts the next job. False: there is none for now.
  bool start_job();
  bool may_start(Rate::Clock::time_point now) const { return run_.wants_job() && now >= next_start_; }
  int poll_timeout() const;
  void collect_one(std::uint64_t seq, Outcome outcome);
  void print(Ended& ended);
  void wait();
  void collect();
  void apply(MapRun::Step step);
  void record(const Ended& ended);
  void handle_signal(int signal);
  void handle_stop(int signal);
  void cancel_all();
  void cancel_waiting();
  void guard(const std::function<void()>& action);
  void list_running();
  bool is_abandoned(Rate::Clock::time_point now) const;
  void report_outage(Rate::Clock::time_point now);
  void report_stall(Rate::Clock::time_point now);
  void draw(bool now);
  int finish();

  Parts parts_;
  MapRun run_;
  Fleet& fleet_;
  Display& display_;
  Signals& signals_;
  StopRequests stops_;
  Slots slots_;
  OutputSpill spill_;
  Rate::Clock::time_point next_start_{};
  bool input_waits_ = false;
  Rate::Clock::time_point start_;
  Rate::Clock::time_point last_outcome_;
  bool stall_reported_ = false;
  std::optional<Rate::Clock::time_point> away_since_;  // null: the broker answers
  bool outage_reported_ = false;
  std::exception_ptr failure_;  // not null: the run ends with this error
  Rate rate_;
};

}  // namespace forkmill::cli
