// PoolJob: one call whose results come all together: apply, map, starmap. Shared by its AsyncResults.
#pragma once

#include <forkmill/executor.h>
#include <forkmill/pool.h>

#include <mutex>
#include <string>
#include <vector>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

class PoolJob final : public Outstanding {
 public:
  PoolJob(std::weak_ptr<PoolState> pool, std::shared_ptr<Executor> callbacks, PoolDeliver deliver);

  // Its chunks, once; none: it is done.
  void sent(std::vector<Chunk> chunks);
  void end(std::exception_ptr error) override;
  void chunk_done(std::size_t index) noexcept override;

  bool ready() const { return ready_.is_set(); }
  bool wait(const Deadline& deadline);
  std::vector<std::string> results() const;

 private:
  void complete(std::exception_ptr error) noexcept;
  void deliver() noexcept;
  void settle() noexcept;

  const std::weak_ptr<PoolState> pool_;
  const std::shared_ptr<Executor> callbacks_;
  PoolDeliver deliver_;
  const bool has_callback_;

  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::size_t left_ = 0;
  bool over_ = false;
  std::exception_ptr error_;  // ended as a whole
  Signal ready_;
};

}  // namespace forkmill::detail
