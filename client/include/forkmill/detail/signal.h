// Signal: one bit that becomes set, and threads that sleep until it is. A futex, because that wakes nobody when nobody
// sleeps, and takes four bytes. The other bits of the word are free for its owner. Not for users.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace forkmill::detail {

using Deadline = std::optional<std::chrono::steady_clock::time_point>;  // empty: wait for ever

// That long from now; for ever where the clock does not reach so far.
Deadline deadline_after(std::chrono::nanoseconds how_long);

class Signal {
 public:
  static constexpr std::uint32_t kSet = 1;
  static constexpr std::uint32_t kSleepers = 2;  // somebody sleeps

  explicit Signal(std::uint32_t bits = 0) : word_{bits} {}

  bool is_set() const noexcept { return has(kSet); }
  bool has(std::uint32_t bit) const noexcept { return (word_.load(std::memory_order_acquire) & bit) != 0; }
  // All three return the bits from before.
  std::uint32_t add(std::uint32_t bits) noexcept { return word_.fetch_or(bits); }
  std::uint32_t remove(std::uint32_t bits) noexcept { return word_.fetch_and(~bits); }
  std::uint32_t set() noexcept {  // and wake whoever sleeps
    auto before = add(kSet);
    if ((before & kSleepers) != 0) wake();
    return before;
  }

  // True when set, false when the deadline has passed first.
  bool sleep_until(const Deadline& deadline) noexcept;

 private:
  void wake() noexcept;

  std::atomic<std::uint32_t> word_;
};

}  // namespace forkmill::detail
