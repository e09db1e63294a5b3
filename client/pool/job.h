// PoolJob: one call whose results come all together: apply, map, starmap. Its AsyncResults share it. Thread-safe.
#pragma once

#include <forkmill/executor.h>
#include <forkmill/pool.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/outstanding.h"

namespace forkmill::detail {

class PoolJob final : public Outstanding {
 public:
  // deliver: runs on the executor of the callbacks before the job is ready; may be empty. origin: the client.
  PoolJob(std::weak_ptr<PoolCalls> calls, Ref<Origin> origin, std::shared_ptr<Executor> callbacks, PoolDeliver deliver);

  // Takes over the chunks; once. Without any, the job is done.
  void sent(std::vector<Chunk> chunks);
  void end(std::exception_ptr error) override;
  void chunk_done(std::size_t index) noexcept override;

  // Ready with the job; has its error, but none of its values.
  State& end_state() const { return *end_; }
  // The packed results of each chunk, in order. Throws the first error. Only when ready.
  std::vector<std::string> results() const;

 private:
  void complete(std::exception_ptr error) noexcept;
  void deliver() noexcept;
  void settle() noexcept;
  std::exception_ptr first_error() const;

  const std::weak_ptr<PoolCalls> calls_;
  const std::shared_ptr<Executor> callbacks_;
  PoolDeliver deliver_;
  const bool has_callback_;

  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::size_t left_ = 0;
  bool over_ = false;
  std::exception_ptr error_;  // the end of the job as a whole
  const Ref<LocalState<void>> end_;
};

}  // namespace forkmill::detail
