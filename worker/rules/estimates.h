// Estimates: how long tasks take, by what was measured, and how many of them a child should therefore have waiting.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace forkmill::worker {

class Estimates {
 public:
  explicit Estimates(std::size_t handlers) : by_handler_(handlers) {}

  // A task of that handler took run_us, and its arguments had that many bytes.
  void add(std::uint32_t handler, std::uint64_t run_us, std::size_t bytes);

  // Expected time of a task of that handler; empty before the first was measured.
  std::optional<double> run_us(std::uint32_t handler) const;

  // How many tasks a child should have waiting besides the one that it runs: enough for kAheadUs of work, so that the
  // child never waits for the way to the broker and back, and none when one task takes longer than that.
  std::size_t ahead() const;

  static constexpr double kAheadUs = 5000;
  static constexpr std::size_t kMaxAhead = 512;
  static constexpr double kMaxBytesAhead = 16.0 * 1024 * 1024;  // one child's, by the average size

 private:
  struct Average {
    double value = 0;
    bool known = false;
    void add(double sample) {
      constexpr double kWeight = 1.0 / 8;  // weight of the newest sample
      value = known ? value + (sample - value) * kWeight : sample;
      known = true;
    }
  };
  std::vector<Average> by_handler_;
  Average run_;
  Average bytes_;
};

}  // namespace forkmill::worker
