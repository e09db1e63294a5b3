// Outstanding: a call of a pool that is not over, as the pool and the call's chunks see it.
//
// Thread-safe. A chunk ends on the thread that resolves it, which may hold locks of the engine. Therefore chunk_done()
// is quick, and no function of this folder calls the engine with a lock held that chunk_done() takes.
#pragma once

#include <forkmill/detail/value.h>
#include <forkmill/executor.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace forkmill::detail {

using Chunk = Ref<RemoteState>;

class Outstanding : public std::enable_shared_from_this<Outstanding> {
 public:
  Outstanding() = default;
  Outstanding(const Outstanding&) = delete;
  Outstanding& operator=(const Outstanding&) = delete;
  virtual ~Outstanding() = default;

  // Ends the call with this error, unless it is over. Chunks that have not started are cancelled.
  virtual void end(std::exception_ptr error) = 0;
  virtual void chunk_done(std::size_t index) noexcept = 0;
  // Ends what has not started with Cancelled; what runs goes on.
  virtual void cancel_waiting() {}
  // The pool takes no more calls.
  virtual void pool_closed() noexcept {}
};

// Tells a call that one of its chunks is done.
class ChunkDone final : public Continuation {
 public:
  ChunkDone(std::shared_ptr<Outstanding> call, std::size_t index)
      : Continuation{true}, call_{std::move(call)}, index_{index} {}
  void run() noexcept override { call_->chunk_done(index_); }
  void abandon() noexcept override { run(); }

 private:
  std::shared_ptr<Outstanding> call_;
  std::size_t index_;
};

// Work for the pool's callback thread: what(true) there, or what(false) when it will never run.
template <class F>
class CallbackWork final : public Runnable {
 public:
  explicit CallbackWork(F what) : what_{std::move(what)} {}
  void run() noexcept override { what_(true); }
  void abandon() noexcept override { what_(false); }

 private:
  F what_;
};

}  // namespace forkmill::detail
