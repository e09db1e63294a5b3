#include <forkmill/detail/signal.h>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace forkmill::detail {

namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4 && std::atomic<std::uint32_t>::is_always_lock_free);

// Sleeps while the word is `expected`, until the deadline at most. False: the deadline has passed.
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, const Deadline& deadline) noexcept {
  timespec until{};
  if (deadline) {
    auto since = deadline->time_since_epoch();
    if (since.count() < 0) return false;
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    until.tv_sec = seconds.count();
    until.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
  }
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is libstdc++'s steady_clock.
  auto done = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline ? &until : nullptr, nullptr,
                        FUTEX_BITSET_MATCH_ANY);
  return done == 0 || errno != ETIMEDOUT;
}

}  // namespace

Deadline deadline_after(std::chrono::nanoseconds how_long) {
  const auto now = std::chrono::steady_clock::now();
  if (how_long > std::chrono::steady_clock::time_point::max() - now) return {};
  return now + how_long;
}

bool Signal::sleep_until(const Deadline& deadline) noexcept {
  while (!is_set()) {
    auto bits = add(kSleepers) | kSleepers;
    if ((bits & kSet) != 0) return true;
    if (!futex_wait(word_, bits, deadline)) return is_set();
  }
  return true;
}

void Signal::wake() noexcept { ::syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0); }

}  // namespace forkmill::detail
