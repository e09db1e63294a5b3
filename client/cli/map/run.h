// MapRun: the rules of a `forkmill map` run: which jobs are in flight, which are tried again, which may be printed, and
// when the run is over. Pure: no clock, no socket, no thread.
//
// Bounded: a run has at most `window` jobs between their start and the permission to print them. With --keep-order, a
// slow job therefore delays the start of later jobs, rather than letting their output accumulate.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "client/cli/map/halt.h"
#include "client/cli/map/jobs/job.h"

namespace forkmill::cli {

class MapRun {
 public:
  // A try that ends with a lost worker does not count as a try this many times per job. The limit is for jobs that kill
  // their workers.
  static constexpr unsigned kMaxLosses = 2;

  struct Options {
    std::size_t window = 1000;
    unsigned tries = 1;  // the maximum for a job that fails
    bool keep_order = false;
    HaltRule halt{};
  };
  // The actions that follow from an event.
  struct Step {
    const Job* again = nullptr;                 // submit this job again; valid until the next call
    std::shared_ptr<Ended> log;                 // record this job, which has ended for good
    std::vector<std::shared_ptr<Ended>> print;  // print these jobs, in this order
    bool cancel_all = false;                    // cancel all jobs in flight; true at most once
    bool cancel_waiting = false;                // cancel the jobs that have not started; true at most once
  };

  explicit MapRun(Options options) : options_{options}, halt_{options.halt} {}

  // Whether another job may start.
  bool wants_job() const { return !stopped_ && !halted() && jobs_.size() < options_.window; }
  // Adds a job, whose first try the caller has started.
  void start(Job job);

  // Sets the number of all jobs, when the input has ended or before.
  Step total_known(std::uint64_t total);
  // Call when the input has no more jobs.
  void input_ended() { stopped_ = true; }

  // A try of job `seq` has ended. REQUIRES: the job is in flight.
  Step ended(std::uint64_t seq, Outcome outcome);

  // Starts no more jobs or tries. The jobs in flight may finish, or be cancelled by the caller.
  void stop() { stopped_ = no_more_tries_ = true; }

  // Gives up the jobs in flight, whose outcomes will not be known, as if they were cancelled. Returns what to print of
  // the others.
  Step abandon();

  // No job is in flight, and no more jobs start.
  bool over() const { return stopped_ && in_flight_ == 0; }
  std::size_t in_flight() const { return in_flight_; }
  // A job in flight. Null: there is no such job.
  const Job* find(std::uint64_t seq) const;
  bool halted() const { return halt_.state() != Halt::never; }
  std::uint64_t done() const { return halt_.done(); }
  std::uint64_t failed() const { return halt_.failed(); }
  int exit_status() const { return halt_.exit_status(); }

 private:
  struct Entry {
    Job job;
    unsigned tries = 1;
    unsigned losses = 0;
    std::shared_ptr<Ended> ended;  // not null: waits for its turn to be printed
    bool cancelled = false;

    // Whether the job is tried again after this outcome, with at most `most` tries. Counts that try.
    bool count_try(const Outcome& outcome, unsigned most);
  };
  using Jobs = std::map<std::uint64_t, Entry>;  // by seq, that is in the order of the input
  void check_halt(Step& step);
  // Removes the jobs from `from` on that have ended, up to the first that has not, and prints those that were not
  // cancelled.
  void release(Jobs::iterator from, Step& step);

  Options options_;
  HaltWatch halt_;
  Jobs jobs_;
  std::size_t in_flight_ = 0;
  bool stopped_ = false;
  bool no_more_tries_ = false;
  bool cancelled_ = false;
};

}  // namespace forkmill::cli
