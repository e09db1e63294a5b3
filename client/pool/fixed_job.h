// FixedJob: a job of chunks that are all sent at once, each of as many items as the caller has asked for. A chunk has
// the result of all its items, or one error. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "client/pool/job.h"

namespace forkmill::detail {

class FixedJob final : public PoolJob {
 public:
  using PoolJob::PoolJob;

  // Takes over the chunks; once. Without any, the job is done.
  void sent(std::vector<Chunk> chunks);
  void chunk_done(std::size_t index) noexcept override;

 private:
  std::vector<Chunk> chunks_under_way() const override;
  std::exception_ptr first_error() const override;
  std::vector<std::string_view> packed_results() const override;

  mutable std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::size_t left_ = 0;
};

}  // namespace forkmill::detail
