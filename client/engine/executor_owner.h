// ExecutorOwner: an engine's hold on the executor of its callbacks.
#pragma once

#include <forkmill/executor.h>

#include <memory>
#include <utility>

namespace forkmill::client {

class ExecutorOwner {
 public:
  // given: the user's executor. Empty: a callback thread of the engine's own.
  explicit ExecutorOwner(std::shared_ptr<Executor> given)
      : is_own_{!given}, kept_{given ? std::move(given) : make_callback_thread()}, executor_{kept_} {}

  // Null once nothing keeps it any more.
  std::shared_ptr<Executor> get() const noexcept { return executor_.lock(); }
  // After the engine was closed: an executor of its own runs what it has, and ends.
  void stop_own() noexcept {
    if (is_own_) kept_->stop();
  }
  // Stops keeping an executor that was given: the callbacks that futures have handed to it refer to the engine, and the
  // two would keep each other forever.
  void release_given() noexcept {
    if (!is_own_) kept_.reset();
  }

 private:
  const bool is_own_;
  std::shared_ptr<Executor> kept_;
  const std::weak_ptr<Executor> executor_;
};

}  // namespace forkmill::client
