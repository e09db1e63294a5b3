// StopRequests: the reaction of a run to signals and to a closed stdout. Pure.
//
//   SIGTERM, SIGHUP            finishing    start no more jobs, let the running ones finish
//   SIGINT, SIGQUIT, SIGPIPE   cancelling   cancel all jobs, as after a second SIGTERM
//   any, after that            exiting      exit without waiting for the jobs
#pragma once

#include <chrono>
#include <optional>

namespace forkmill::cli {

class StopRequests {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Phase { running, finishing, cancelling, exiting };

  // timeout(1) and some shells send one signal twice, to the process and to its group. A signal that follows another
  // one within this time is ignored.
  static constexpr std::chrono::milliseconds kSameSignal{250};

  // Returns the phase that the signal leads to. Null: the phase stays as it is. SIGPIPE stands for a closed stdout.
  std::optional<Phase> add(int signal, Clock::time_point now);

  Phase phase() const { return phase_; }
  // The first signal, which determines the exit status of the run. 0: none.
  int signal() const { return signal_; }

 private:
  Phase phase_ = Phase::running;
  int signal_ = 0;
  Clock::time_point last_{};
};

}  // namespace forkmill::cli
