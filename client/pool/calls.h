// PoolCalls: the calls of one pool that are not over, and whether it takes more. Thread-safe.
#pragma once

#include <forkmill/executor.h>

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

class PoolCalls {
 public:
  explicit PoolCalls(std::string pool) : pool_{std::move(pool)} {}

  // Throws Error{object_closed} unless the pool is open. After fail(), the call ends at once.
  void add(const std::shared_ptr<Outstanding>& call);
  void remove(Outstanding& call);
  // Ends all calls with this error; fail() does so with later ones as well.
  void end_all(const std::exception_ptr& error);
  void fail(const std::exception_ptr& error);

  // Cancels what has not started of each call.
  void cancel_waiting();
  // Takes no more calls.
  void close();
  // Closes the pool for good. Returns false if it was shut down before.
  bool shut_down();
  bool is_shut_down() const;
  // Blocks until no call is left, and shuts down. Throws Error{bad_request} if the pool is open, or if a call is left
  // and the calling thread runs `callbacks`, for which the calls wait.
  void drain(const Executor& callbacks);

 private:
  enum class Phase { open, closed, shut_down };
  using Calls = std::unordered_map<Outstanding*, std::shared_ptr<Outstanding>>;

  Calls present();

  const std::string pool_;  // its name
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  Phase phase_ = Phase::open;
  std::exception_ptr failure_;
  Calls calls_;
};

}  // namespace forkmill::detail
