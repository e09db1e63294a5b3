// Patience: how long a store waits for its server. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace forkmill::broker {

class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  // `answer`: the longest wait for one answer, after which the connection counts as lost. The time limit of a statement
  // in the server does not end its wait for a synchronous standby.
  explicit Patience(std::chrono::milliseconds answer) : answer_{answer} {}

  std::chrono::milliseconds answer() const { return answer_; }

  // Call when the broker is to end: an outage that lasts longer than kLast from now on is a failure.
  void hurry() {
    std::int64_t none = 0;
    ends_at_.compare_exchange_strong(none, (Clock::now() + kLast).time_since_epoch().count());
  }
  bool is_over() const {
    const std::int64_t end = ends_at_.load();
    return end != 0 && Clock::now().time_since_epoch().count() >= end;
  }

 private:
  static constexpr std::chrono::seconds kLast{5};

  const std::chrono::milliseconds answer_;
  std::atomic<std::int64_t> ends_at_{0};  // ticks of the clock; 0: not in a hurry
};

}  // namespace forkmill::broker
