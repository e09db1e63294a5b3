// PoolStream: one call whose results are taken one after the other: imap, imap_unordered. Shared by its PoolResults.
#pragma once

#include <forkmill/pool.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "client/pool/outstanding.h"

namespace forkmill::detail {

struct ChunkCall {
  std::string task;
  std::uint64_t signature = 0;
  bool each = false;  // every item has an outcome of its own
};

class PoolStream final : public Outstanding {
 public:
  using Take = std::function<void(const msgpack::object&)>;

  PoolStream(std::shared_ptr<PoolState> pool, ChunkCall call, std::size_t chunk_size, bool ordered);

  void add(std::string packed);
  void finish(std::exception_ptr failure);
  void end(std::exception_ptr error) override;
  void chunk_done(std::size_t index) noexcept override;

  bool next(const Deadline& deadline, std::chrono::nanoseconds how_long, const Take& take);

 private:
  void send();
  bool open_chunk();  // the next that is done; throws its error. False: none is
  void give(const Take& take);
  bool throw_or_end();
  bool all_done() const { return finished_ && done_count_ == chunks_.size(); }
  void forget_if_done(bool done);

  const std::weak_ptr<PoolState> pool_;
  const ChunkCall call_;
  const std::size_t chunk_size_;
  const bool ordered_;
  std::vector<std::string> gathered_;  // of the thread that adds

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Chunk> chunks_;
  std::vector<char> done_;
  std::size_t done_count_ = 0;
  std::deque<std::size_t> arrived_;  // in the order of their completion
  std::size_t taken_ = 0;            // chunks
  bool finished_ = false;            // no more will be added
  bool over_ = false;                // ended as a whole
  std::exception_ptr failure_;       // comes once when nothing is left, or at once when over

  msgpack::object_handle items_;  // of the chunk that is being given out
  std::uint32_t position_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace forkmill::detail
