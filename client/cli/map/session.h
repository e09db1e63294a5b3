// MapSession: a `forkmill map` run from its first job to its exit status. The loop around MapRun: it starts jobs,
// passes their outcomes to the recorder, and handles signals. One thread.
#pragma once

#include "client/cli/map/display.h"
#include "client/cli/map/fleet.h"
#include "client/cli/map/recorder.h"
#include "client/cli/map/run.h"
#include "client/cli/map/stall_watch.h"
#include "client/cli/map/starter.h"
#include "client/cli/map/stop_requests.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

class MapSession {
 public:
  struct Parts {
    JobFeed feed;
    Recorder::Files files{};
    JobStarter::Options starts{};
    std::chrono::milliseconds patience = StallWatch::kPatience;  // with a broker that does not answer
    bool count_first = false;  // count the input before the first job, for --halt with a percentage or a progress line
  };

  // `fleet`, `display` and `signals` must outlive this object.
  MapSession(Parts parts, const MapRun::Options& options, Fleet& fleet, Display& display, Signals& signals);

  // Blocks until the run has ended. Returns its exit status. Throws CommandError if an input cannot be read or an
  // output cannot be written: after the jobs in flight were cancelled, and those that have ended were printed and
  // logged.
  int run();

 private:
  void start_jobs();
  void wait();
  void collect();
  void collect_one(std::uint64_t seq, Outcome outcome);
  void apply(const MapRun::Step& step);
  void handle_signal(int signal);
  void handle_stop(int signal);
  void list_running();
  void cancel_all();
  void give_up();
  Progress progress(Rate::Clock::time_point now);
  void draw(bool now);
  int finish();

  JobStarter starter_;
  MapRun run_;
  Fleet& fleet_;
  Display& display_;
  Signals& signals_;
  Recorder recorder_;
  StallWatch watch_;
  StopRequests stops_;
  Rate::Clock::time_point start_;
  Rate rate_;
};

}  // namespace forkmill::cli
