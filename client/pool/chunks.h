// Chunks: the tasks that a call of a pool is cut into (proto/pool_tasks.h).
#pragma once

#include <forkmill/pool.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/engine/options.h"
#include "client/pool/outstanding.h"

namespace forkmill::detail {

// The function that a call calls for each of its items.
struct ChunkCall {
  std::string task;
  std::uint64_t signature = 0;
  bool each = false;    // every item has its own outcome
  bool merged = false;  // the results of a chunk's items become one
};

// The number of items in a chunk, if `items` are known to come. Throws std::invalid_argument for `asked` below 1.
std::size_t chunk_size_for(std::size_t items, std::int64_t processes, ChunkSize asked);
// The same for these items: chunks whose size the caller has left open have a limited number of bytes as well.
std::size_t chunk_size_for(const std::vector<std::string>& items, std::int64_t processes, ChunkSize asked);

// ChunkSender: submits chunks to the queue that a pool's processes serve. Thread-safe.
class ChunkSender {
 public:
  explicit ChunkSender(Ref<Origin> engine) : engine_{std::move(engine)} {}

  // The client.
  const Ref<Origin>& origin() const { return engine_; }
  // From now on.
  void use_queue(const std::string& queue);
  // Both block while the client is full, and throw what Client::submit() throws. The first one submits the call itself.
  Chunk send_task(const ChunkCall& call, std::string arguments);
  std::vector<Chunk> send(const ChunkCall& call, const std::vector<std::string>& items, std::size_t chunk_size);

 private:
  std::shared_ptr<const client::Prepared> how();

  const Ref<Origin> engine_;
  std::mutex mutex_;
  std::shared_ptr<const client::Prepared> how_;
};

}  // namespace forkmill::detail
