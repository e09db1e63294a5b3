#include "client/objects/lock_holding.h"

#include <forkmill/object_errors.h>

#include <atomic>
#include <utility>

namespace forkmill::client {

std::uint64_t this_thread_number() {
  static std::atomic<std::uint64_t> last{0};
  thread_local const std::uint64_t mine = ++last;
  return mine;
}

void LockHolding::acquired(std::int64_t token) {
  const std::lock_guard hold{mutex_};
  if (is_lost()) held_ = {};
  held_.who = this_thread_number();
  held_.token = token;
  ++held_.count;
  held_.losses = holdings_.losses();
}

void LockHolding::restore(const Held& held) {
  const std::lock_guard hold{mutex_};
  held_ = held;
}

LockHolding::Held LockHolding::release_all() {
  const std::lock_guard hold{mutex_};
  return std::exchange(held_, {});
}

LockHolding::Held LockHolding::release_one(const std::string& name) {
  const std::lock_guard hold{mutex_};
  const Held before = held_;
  if (held_.count == 0) return {};
  if (--held_.count == 0) held_ = {};
  if (before.losses != holdings_.losses())
    throw LeaseLost{"this client was out of reach for too long; another one may have had '" + name + "' since"};
  return before;
}

std::int64_t LockHolding::token() const {
  const std::lock_guard hold{mutex_};
  return held_.count > 0 && !is_lost() ? held_.token : 0;
}

}  // namespace forkmill::client
