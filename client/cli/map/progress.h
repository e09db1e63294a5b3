// The progress line of --bar and --eta. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace forkmill::cli {

// The rate of jobs per second as a weighted average, in which the last kHalfLife has half of the weight.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kHalfLife{10};

  explicit Rate(Clock::time_point start) : last_{start} {}

  // Sets the number of jobs that have ended until `now`. REQUIRES: neither argument decreases.
  void update(Clock::time_point now, std::uint64_t done);
  double per_second() const { return weight_ > 0 ? sum_ / weight_ : 0; }

 private:
  Clock::time_point last_;
  std::uint64_t done_ = 0;
  double sum_ = 0;     // decayed sum of jobs
  double weight_ = 0;  // decayed sum of seconds
};

struct Progress {
  std::uint64_t done = 0;  // includes the jobs that earlier runs have done (--resume)
  std::uint64_t failed = 0;
  std::uint64_t running = 0;           // submitted, not ended
  std::optional<std::uint64_t> total;  // null: unknown, because the input is a pipe that has not ended
  double per_second = 0;
  double elapsed_seconds = 0;
};

struct ProgressStyle {
  bool bar = true;  // false: figures only
  bool colour = true;
  unsigned width = 80;  // the columns of the terminal
};

// Returns a line without a newline that is narrower than the terminal:
//   " 42% ████████░░░░░░░░░░░ 420/1000  131/s  ETA 4.4s  2 failed"
std::string render_progress(const Progress& progress, const ProgressStyle& style);

}  // namespace forkmill::cli
