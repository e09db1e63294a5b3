#include "client/pool/fixed_job.h"

#include "client/pool/chunk_result.h"

namespace forkmill::detail {

void FixedJob::sent(std::vector<Chunk> chunks) {
  {
    const std::lock_guard hold{mutex_};
    chunks_ = chunks;
    left_ = chunks.size();
  }
  if (is_over()) {
    for (const Chunk& chunk : chunks) chunk->cancel();
    return;
  }
  if (chunks.empty()) return complete(nullptr);
  for (std::size_t i = 0; i < chunks.size(); ++i) chunks[i]->add(new ChunkDone{shared_from_this(), i});
}

void FixedJob::chunk_done(std::size_t) noexcept {
  {
    const std::lock_guard hold{mutex_};
    if (--left_ > 0) return;
  }
  complete(nullptr);
}

std::vector<Chunk> FixedJob::chunks_under_way() const {
  const std::lock_guard hold{mutex_};
  std::vector<Chunk> rest;
  for (const Chunk& chunk : chunks_)
    if (!chunk->ready()) rest.push_back(chunk);
  return rest;
}

std::exception_ptr FixedJob::first_error() const {
  const std::lock_guard hold{mutex_};
  for (const Chunk& chunk : chunks_)
    if (auto error = chunk->outcome().error()) return error;
  return nullptr;
}

std::vector<std::string_view> FixedJob::packed_results() const {
  const std::lock_guard hold{mutex_};
  std::vector<std::string_view> all;
  all.reserve(chunks_.size());
  for (const Chunk& chunk : chunks_) all.push_back(bytes_of(*chunk));
  return all;
}

}  // namespace forkmill::detail
