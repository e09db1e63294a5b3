// Estimates: how long tasks take, by what was measured, and how many of them a worker should therefore have in hand.
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

  // A task of that handler took so long and came with so many bytes.
  void measured(std::uint32_t handler, std::uint64_t run_us, std::size_t bytes);

  // What a task of that handler will take; empty before the first was measured.
  std::optional<double> run_us(std::uint32_t handler) const;

  // Tasks that a child should have waiting besides the one it runs: enough for kAheadUs of work, so that it never waits
  // for the way to the broker and back, and none when one takes longer than that.
  std::size_t ahead() const;

  static constexpr double kAheadUs = 5000;
  static constexpr std::size_t kMaxAhead = 512;
  static constexpr double kMaxBytesAhead = 16.0 * 1024 * 1024;  // a child's, by the average size

 private:
  struct Average {
    double value = 0;
    bool known = false;
    void add(double sample);
  };
  std::vector<Average> by_handler_;
  Average run_;
  Average bytes_;
};

}  // namespace forkmill::worker
