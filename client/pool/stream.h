// PoolStream: one call whose results are read one after the other: imap, imap_unordered. Its PoolResults share it.
// Thread-safe, but only one thread may add.
#pragma once

#include <forkmill/pool.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/chunk_order.h"
#include "client/pool/chunks.h"
#include "client/pool/item_reader.h"

namespace forkmill::detail {

class PoolStream final : public Outstanding {
 public:
  PoolStream(std::weak_ptr<PoolCalls> calls, std::shared_ptr<ChunkSender> sender, ChunkCall call,
             std::size_t chunk_size, bool ordered);

  // Adds the packed arguments of one item. Blocks while the client is full.
  void add(std::string packed);
  // No more items are added. failure: why, thrown by next() after the last result; null: these are all.
  void finish(std::exception_ptr failure);
  void end(std::exception_ptr error) override;
  void chunk_done(std::size_t index) noexcept override;

  // Hands the next result to `use`. Blocks until it is there, or until the deadline. False: there is none left. Throws
  // the item's error, and Timeout, with how_long in its text.
  bool next(const Deadline& deadline, std::chrono::nanoseconds how_long, const ItemReader::UseItem& use);

 private:
  void send();
  bool is_done() const { return finished_ && chunks_.all_done(); }
  void remove_if(bool done);
  bool open_next_chunk();
  bool throw_or_end();

  const std::weak_ptr<PoolCalls> calls_;
  const std::shared_ptr<ChunkSender> sender_;
  const ChunkCall call_;
  const std::size_t chunk_size_;
  std::vector<std::string> gathered_;  // the next chunk; belongs to the thread that adds

  std::mutex mutex_;
  std::condition_variable changed_;
  ChunkOrder chunks_;
  bool finished_ = false;       // no more items are added
  bool over_ = false;           // the call has ended as a whole
  std::exception_ptr failure_;  // thrown once: when nothing is left, or at once when over
  ItemReader reader_;           // reads the chunk whose items are next
};

}  // namespace forkmill::detail
