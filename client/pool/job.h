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
  // deliver: runs on the executor of the callbacks before the job is ready; may be empty.
  PoolJob(std::weak_ptr<PoolCalls> calls, std::shared_ptr<Executor> callbacks, PoolDeliver deliver);

  // Takes over the chunks; once. Without any, the job is done.
  void sent(std::vector<Chunk> chunks);
  void end(std::exception_ptr error) override;
  void chunk_done(std::size_t index) noexcept override;

  bool ready() const { return ready_.is_set(); }
  // Blocks until ready (true) or until the deadline (false). Throws Error{bad_request} in a callback that the job waits
  // for.
  bool wait(const Deadline& deadline);
  // The packed results of each chunk, in order. Throws the first error. Only when ready.
  std::vector<std::string> results() const;

 private:
  void complete(std::exception_ptr error) noexcept;
  void deliver() noexcept;
  void settle() noexcept;

  const std::weak_ptr<PoolCalls> calls_;
  const std::shared_ptr<Executor> callbacks_;
  PoolDeliver deliver_;
  const bool has_callback_;

  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::size_t left_ = 0;
  bool over_ = false;
  std::exception_ptr error_;  // the end of the job as a whole
  Signal ready_;
};

}  // namespace forkmill::detail
