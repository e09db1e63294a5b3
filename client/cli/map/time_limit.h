// TimeLimit: the time limit of jobs (--timeout): a fixed one, or a percentage of the median run time of the jobs that
// have succeeded. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace forkmill::cli {

class TimeLimit {
 public:
  // A percentage takes effect when this number of jobs have succeeded.
  static constexpr std::size_t kFirst = 3;

  explicit TimeLimit(std::chrono::milliseconds fixed = {}, double percent = 0) : fixed_{fixed}, percent_{percent} {}

  void succeeded(double run_seconds);
  // The limit of a job that starts now. Zero: none.
  std::chrono::milliseconds current() const;

 private:
  static constexpr std::size_t kMaxSamples = 10'000;

  std::chrono::milliseconds fixed_;
  double percent_;                 // 0: fixed_ is the limit
  std::vector<double> run_times_;  // in seconds, sorted
};

}  // namespace forkmill::cli
