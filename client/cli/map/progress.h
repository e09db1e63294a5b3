// The progress line of --bar and --eta. Pure: what is drawn depends on nothing but the figures given.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace forkmill::cli {

// Jobs a second, with the recent past counting more: half the weight lies in the last kHalfLife.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kHalfLife{10};

  explicit Rate(Clock::time_point start) : last_{start} {}

  // So many have ended by now. `now` and `done` never go back.
  void update(Clock::time_point now, std::uint64_t done);
  double per_second() const { return weight_ > 0 ? sum_ / weight_ : 0; }

 private:
  Clock::time_point last_;
  std::uint64_t done_ = 0;
  double sum_ = 0;     // of (rate × seconds), decayed
  double weight_ = 0;  // of seconds, decayed
};

struct Progress {
  std::uint64_t done = 0;  // with what earlier runs have done, when resuming
  std::uint64_t failed = 0;
  std::uint64_t running = 0;           // in flight
  std::optional<std::uint64_t> total;  // unknown while input is still coming down a pipe
  double per_second = 0;
  double elapsed_seconds = 0;
};

struct ProgressStyle {
  bool bar = true;  // otherwise only the figures
  bool colour = true;
  unsigned width = 80;  // of the terminal
};

// One line without a newline, no wider than the terminal:
//   " 42% ████████░░░░░░░░░░░ 420/1000  131/s  ETA 4.4s  2 failed"
std::string render_progress(const Progress& progress, const ProgressStyle& style);

}  // namespace forkmill::cli
