// ChunkWindow: how many chunks of a call may be under way: four for each process that runs them. Where their number is
// not known, as many as do not wait long for a process. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace forkmill::detail {

class ChunkWindow {
 public:
  // processes: 0 for a number that is not known.
  explicit ChunkWindow(std::size_t processes) : adapts_{processes == 0}, size_{adapts_ ? kFirst : processes * 4} {}

  std::size_t size() const { return size_; }
  // Number of processes that run chunks, or seem to: then two or more for each are under way.
  std::size_t processes() const { return adapts_ ? size_ / 2 : size_ / 4; }

  // Call when a chunk has run for this time, and its result was there this time after it had been sent.
  void measured(std::chrono::microseconds run_time, std::chrono::microseconds round_trip) {
    using namespace std::chrono_literals;
    if (!adapts_ || run_time < 1ms) return;
    const auto waited = round_trip - run_time;
    if (waited < run_time)
      size_ = std::min(size_ + 1, kMost);
    else if (waited > run_time * 3)
      size_ = std::max(size_ - 1, kLeast);
  }

 private:
  static constexpr std::size_t kFirst = 8;
  static constexpr std::size_t kLeast = 4;
  static constexpr std::size_t kMost = 2048;

  const bool adapts_;
  std::size_t size_;
};

}  // namespace forkmill::detail
