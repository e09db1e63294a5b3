#include "client/pool/calls.h"

#include <forkmill/errors.h>

#include <utility>

namespace forkmill::detail {

void PoolCalls::add(const std::shared_ptr<Outstanding>& call) {
  std::exception_ptr failure;
  {
    const std::lock_guard hold{mutex_};
    if (phase_ != Phase::open) throw Error{Errc::object_closed, pool_ + " takes no more calls", "Make another pool"};
    failure = failure_;
    if (!failure) calls_.emplace(call.get(), call);
  }
  if (failure) call->end(failure);
}

void PoolCalls::remove(Outstanding& call) {
  const std::lock_guard hold{mutex_};
  calls_.erase(&call);
  if (calls_.empty()) idle_.notify_all();
}

PoolCalls::Calls PoolCalls::present() {
  const std::lock_guard hold{mutex_};
  return calls_;
}

void PoolCalls::end_all(const std::exception_ptr& error) {
  for (const auto& [pointer, call] : present()) call->end(error);
}

void PoolCalls::cancel_waiting() {
  for (const auto& [pointer, call] : present()) call->cancel_waiting();
}

void PoolCalls::fail(const std::exception_ptr& error) {
  {
    const std::lock_guard hold{mutex_};
    failure_ = error;
  }
  end_all(error);
}

void PoolCalls::close() {
  Calls calls;
  {
    const std::lock_guard hold{mutex_};
    if (phase_ != Phase::open) return;
    phase_ = Phase::closed;
    calls = calls_;
  }
  for (const auto& [pointer, call] : calls) call->pool_closed();
}

bool PoolCalls::shut_down() {
  const std::lock_guard hold{mutex_};
  return std::exchange(phase_, Phase::shut_down) != Phase::shut_down;
}

bool PoolCalls::is_shut_down() const {
  const std::lock_guard hold{mutex_};
  return phase_ == Phase::shut_down;
}

void PoolCalls::drain(const Executor& callbacks) {
  std::unique_lock lock{mutex_};
  if (phase_ == Phase::open) throw Error{Errc::bad_request, pool_ + ": join() before close() or terminate()"};
  if (!calls_.empty() && callbacks.would_block_itself())
    throw Error{Errc::bad_request,
                pool_ + ": join() in a callback of the pool would never end, because it waits for the callback"};
  idle_.wait(lock, [&] { return calls_.empty(); });
  phase_ = Phase::shut_down;
}

}  // namespace forkmill::detail
