#include "client/engine/holdings/lock_holding.h"

#include <forkmill/object_errors.h>

#include <algorithm>
#include <utility>

#include "proto/mutants.h"

namespace forkmill::client {

std::uint64_t this_thread_number() {
  static std::atomic<std::uint64_t> last{0};
  thread_local const std::uint64_t mine = ++last;
  return mine;
}

// ---- One lock -------------------------------------------------------------------------------------------------------

void LockHolding::acquired(std::int64_t token, std::uint64_t thread) {
  const std::lock_guard hold{mutex_};
  if (is_lost() || held_.token != token) held_ = {};  // another client may have released what was held before
  held_.who = thread;
  held_.token = token;
  ++held_.count;
  held_.losses = losses_;
}

void LockHolding::restore(const Held& held) {
  const std::lock_guard hold{mutex_};
  held_ = held;
}

LockHolding::Held LockHolding::release_all(std::uint64_t thread) {
  const std::lock_guard hold{mutex_};
  if (held_.who != thread) return {};
  return std::exchange(held_, {});
}

LockHolding::Held LockHolding::release_one(const std::string& name) {
  const std::lock_guard hold{mutex_};
  const Held before = held_;
  if (held_.count == 0) return {};
  if (--held_.count == 0) held_ = {};
  if (before.losses != losses_)
    throw LeaseLost{"this client was out of reach for too long; another one may have had '" + name + "' since"};
  return before;
}

void LockHolding::resume(Held before, std::int64_t token, std::uint64_t thread) {
  const std::lock_guard hold{mutex_};
  held_ = {thread, token, std::max<std::int64_t>(before.count, 1), losses_};
}

std::int64_t LockHolding::token() const {
  const std::lock_guard hold{mutex_};
  return held_.count > 0 && !is_lost() ? held_.token : 0;
}

// ---- All locks ------------------------------------------------------------------------------------------------------

std::shared_ptr<LockHolding> LockHoldings::add_handle(std::uint64_t lock) {
  const std::lock_guard hold{mutex_};
  if (proto::mutant(proto::Mutant::holding_by_handle)) return std::make_shared<LockHolding>(losses_.of(lock));
  auto& holding = holdings_[lock];
  if (holding == nullptr) holding = std::make_shared<LockHolding>(losses_.of(lock));
  return holding;
}

void LockHoldings::remove_handle(std::uint64_t lock, std::shared_ptr<LockHolding> holding) {
  const std::lock_guard hold{mutex_};
  holding.reset();
  const auto found = holdings_.find(lock);
  if (found != holdings_.end() && found->second.use_count() == 1 && found->second->token() == 0) holdings_.erase(found);
}

void LockHoldings::forget(std::uint64_t lock) {
  const std::lock_guard hold{mutex_};
  holdings_.erase(lock);
}

}  // namespace forkmill::client
