// MapSession: one `forkmill map` run from its first job to its exit status. The loop around MapRun: it reads input,
// hands jobs to the fleet, prints, logs and listens to signals. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/map/display.h"
#include "client/cli/map/fleet.h"
#include "client/cli/map/joblog.h"
#include "client/cli/map/results.h"
#include "client/cli/map/resume.h"
#include "client/cli/map/rows.h"
#include "client/cli/map/run.h"
#include "client/cli/map/template.h"
#include "client/cli/os/signals.h"

namespace forkmill::cli {

class MapSession {
 public:
  struct Parts {
    CommandTemplate command;
    Rows rows;
    Finished finished{Resume::none};
    std::unique_ptr<JobLog> joblog{};
    std::optional<ResultsDir> results{};
    bool count_first = false;  // --halt with a percentage, or a progress line: how many jobs will there be?
  };

  // The references must outlive it.
  MapSession(Parts parts, const MapRun::Options& options, Fleet& fleet, Display& display, Signals& signals);

  // The exit status of the run.
  int run();

 private:
  enum class Interrupt { none, finishing, cancelling, leaving };

  void feed();
  bool feed_one();
  void wait();
  void collect();
  void settle(MapRun::Step step);
  void record(const Ended& ended);
  void take_signals();
  void interrupted(int signal);
  void cancel_all();
  void complain(Rate::Clock::time_point now);
  void draw(bool now);
  int conclude();

  Parts parts_;
  MapRun run_;
  Fleet& fleet_;
  Display& display_;
  Signals& signals_;
  std::optional<std::uint64_t> total_;
  std::uint64_t seq_ = 0;
  std::uint64_t skipped_ = 0;
  bool input_waits_ = false;
  Interrupt interrupt_ = Interrupt::none;
  int signal_ = 0;
  Rate::Clock::time_point interrupted_at_{};
  Rate::Clock::time_point start_;
  Rate::Clock::time_point last_news_;
  bool complained_ = false;
  Rate rate_;
};

}  // namespace forkmill::cli
