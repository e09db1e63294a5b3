// What a pool keeps of each call until it is over, and how it learns that a chunk is done.
//
// Thread-safe. Chunks end on whichever thread resolves them, which may hold locks of the engine: chunk_done() is quick,
// and nobody calls the engine with a lock held that it takes.
#pragma once

#include <forkmill/detail/decode.h>
#include <forkmill/detail/value.h>

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

  // Ends it with this error, unless it is over; what has not started is cancelled.
  virtual void end(std::exception_ptr error) = 0;
  virtual void chunk_done(std::size_t index) noexcept = 0;
};

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

// Something for the pool's callback thread.
template <class F>
class Errand final : public Runnable {
 public:
  explicit Errand(F what) : what_{std::move(what)} {}
  void run() noexcept override { what_(true); }
  void abandon() noexcept override { what_(false); }  // it will never run

 private:
  F what_;
};

inline std::string bytes_of(State& done) { return read<RawResult>(done, false).bytes; }

}  // namespace forkmill::detail
