// PoolJob: one call whose results come all together: apply, map, starmap. Its AsyncResults share it. Thread-safe.
#pragma once

#include <forkmill/executor.h>
#include <forkmill/pool.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/outstanding.h"

namespace forkmill::detail {

class PoolJob : public Outstanding {
 public:
  // deliver: runs on the executor of the callbacks before the job is ready; may be empty. origin: the client.
  PoolJob(std::weak_ptr<PoolCalls> calls, Ref<Origin> origin, std::shared_ptr<Executor> callbacks, PoolDeliver deliver);

  void end(std::exception_ptr error) final;

  // Ready with the job; has its error, but none of its values.
  State& end_state() const { return *end_; }
  // The packed array of the results of each chunk, in order. Throws the first error. Only when ready; valid as long as
  // the job.
  std::vector<std::string_view> results() const;

 protected:
  // Ends the job, once. null: with the results of its chunks, or the first error among them.
  void complete(std::exception_ptr error) noexcept;
  bool is_over() const;

 private:
  // Chunks that are not done.
  virtual std::vector<Chunk> chunks_under_way() const = 0;
  // Both are asked once all chunks are done.
  virtual std::exception_ptr first_error() const = 0;
  virtual std::vector<std::string_view> packed_results() const = 0;

  void deliver() noexcept;
  void settle() noexcept;
  std::exception_ptr error() const;

  const std::weak_ptr<PoolCalls> calls_;
  const std::shared_ptr<Executor> callbacks_;
  PoolDeliver deliver_;
  const bool has_callback_;

  mutable std::mutex mutex_;
  bool over_ = false;
  std::exception_ptr error_;  // the end of the job as a whole
  const Ref<LocalState<void>> end_;
};

}  // namespace forkmill::detail
