// MapRun: the rules of a `forkmill map` run, apart from everything that does something. What is in flight, what is
// tried again, what may be printed when, and when the run is over. Pure: no clock, no socket, no thread.
//
// Bounded: at most `window` jobs are here at a time, from their start until they were handed out for printing. With
// --keep-order that holds back later jobs while an early one is slow, instead of keeping their output without limit.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "client/cli/map/halt.h"
#include "client/cli/map/job.h"

namespace forkmill::cli {

class MapRun {
 public:
  // A job whose worker went away is run again without counting as a try, but not for ever: it may be what kills them.
  static constexpr unsigned kMaxLosses = 2;

  struct Options {
    std::size_t window = 1000;
    unsigned tries = 1;  // of a job that fails, in all
    bool keep_order = false;
    HaltRule halt{};
  };
  // What to do now that a job's try has ended.
  struct Step {
    const Job* again = nullptr;        // submit this one once more; good until the next call
    std::shared_ptr<const Ended> log;  // this one has ended for good: into the job log, results and messages
    std::vector<std::shared_ptr<const Ended>> print;  // these may be printed now, in this order
    bool cancel_all = false;                          // take back everything in flight; told once
  };

  explicit MapRun(Options options) : options_{options}, halt_{options.halt} {}

  // Whether another job may start.
  bool wants_job() const { return !stopped_ && !halted() && jobs_.size() < options_.window; }
  void start(Job job);

  // The input has ended (or how long it is was known before), with so many jobs in all.
  Step total_known(std::uint64_t total);
  void input_ended() { stopped_ = true; }

  // One try of job `seq` has ended. REQUIRES: it is in flight.
  Step ended(std::uint64_t seq, Outcome outcome);

  // Starts nothing more; with cancel, the caller takes back what is in flight, which then comes in as cancelled.
  void stop() { stopped_ = true; }

  // Nothing is in flight, and nothing more will start.
  bool over() const { return stopped_ && in_flight_ == 0; }
  std::size_t in_flight() const { return in_flight_; }
  bool halted() const { return halt_.state() != Halt::never; }
  std::uint64_t done() const { return halt_.done(); }
  std::uint64_t failed() const { return halt_.failed(); }
  int exit_status() const { return halt_.exit_status(); }

 private:
  struct Entry {
    Job job;
    unsigned tries = 1;
    unsigned losses = 0;
    std::shared_ptr<const Ended> ended;  // waits for its turn to be printed
    bool cancelled = false;
  };
  using Jobs = std::map<std::uint64_t, Entry>;  // by seq, so in the order of the input
  bool try_again(Entry& entry, const Outcome& outcome) const;
  void judge(Step& step);
  Jobs::iterator release(Jobs::iterator at, Step& step);
  void release_front(Step& step);

  Options options_;
  HaltWatch halt_;
  Jobs jobs_;
  std::size_t in_flight_ = 0;
  bool stopped_ = false;
  bool cancelled_ = false;
};

}  // namespace forkmill::cli
