// Signal: one bit that becomes set, and threads that sleep until it is. A futex, because setting it costs no system
// call while no thread sleeps, and it takes four bytes. The other bits of the word are free for the owner. For the
// library.
//
// Thread-safe: every member may be called by any thread. All changes of the word are sequentially consistent, so that a
// thread that sets the bit and one that goes to sleep cannot miss each other. Lifetime: no thread may sleep when the
// Signal is destroyed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace forkmill::detail {

// The end of a wait. Empty: none, the wait may last forever.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// Returns the moment that is how_long from now; none if the clock does not reach that far.
Deadline deadline_after(std::chrono::nanoseconds how_long);

class Signal {
 public:
  // The bit that threads wait for.
  static constexpr std::uint32_t kSet = 1;
  // Set by a thread before it sleeps, so that set() knows that there is one to wake.
  static constexpr std::uint32_t kSleepers = 2;

  // bits: the owner's bits at the start.
  explicit Signal(std::uint32_t bits = 0) : word_{bits} {}

  // Whether the bit is set, and whether one of these bits is. What the setter wrote before is seen after a true.
  bool is_set() const noexcept { return has(kSet); }
  bool has(std::uint32_t bit) const noexcept { return (word_.load(std::memory_order_acquire) & bit) != 0; }
  // Set bits, clear bits, and set kSet and wake all sleepers. All return the bits from before.
  std::uint32_t add(std::uint32_t bits) noexcept { return word_.fetch_or(bits); }
  std::uint32_t remove(std::uint32_t bits) noexcept { return word_.fetch_and(~bits); }
  std::uint32_t set() noexcept {
    auto before = add(kSet);
    if ((before & kSleepers) != 0) wake();
    return before;
  }

  // Blocks until the bit is set, and returns true; returns false when the deadline has passed first.
  bool sleep_until(const Deadline& deadline) noexcept;

 private:
  void wake() noexcept;

  std::atomic<std::uint32_t> word_;
};

}  // namespace forkmill::detail
