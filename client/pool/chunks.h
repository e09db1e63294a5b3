// Chunks: the tasks that a call of a pool is cut into (proto/pool_tasks.h).
#pragma once

#include <forkmill/detail/packed_items.h>
#include <forkmill/pool.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/options.h"
#include "client/pool/outstanding.h"
#include "client/pool/plan/map_plan.h"

namespace forkmill::detail {

constexpr std::size_t kChunkBytes = 1024 * 1024;  // arguments in a chunk whose size the caller has left open

// The function that a call calls for each of its items.
struct ChunkCall {
  std::string task;
  std::uint64_t signature = 0;
  bool each = false;    // every item has its own outcome
  bool merged = false;  // the results of a chunk's items become one

  // The run time of chunks whose size the caller has left open. Results that are merged are larger than others, so
  // fewer of them shall travel.
  ChunkSizer::Aim aim() const;
  // Time after which a process gives back the items of such a chunk that have not begun.
  std::chrono::microseconds budget() const;
};

// Throws std::invalid_argument for a chunk size below 1.
void check_chunk_size(ChunkSize asked);
// Throws Rejected{payload_too_large} if one of the items is too large for any chunk.
void check_items(const PackedItems& items);
// The size of chunks that are sent all at once, if the caller has left it open: a quarter of an even share, and a
// limited number of bytes.
std::size_t chunk_size_for(const PackedItems& items, std::size_t processes);

// ChunkSender: submits chunks to the queue that a pool's processes serve, or as a client's options say. Thread-safe.
class ChunkSender {
 public:
  explicit ChunkSender(Ref<Origin> engine) : engine_{std::move(engine)} {}
  ChunkSender(Ref<Origin> engine, const client::Prepared& how) : engine_{std::move(engine)} { use(how); }

  // The client.
  const Ref<Origin>& origin() const { return engine_; }
  // From now on.
  void use_queue(const std::string& queue);
  // All block while the client is full, and throw what Client::submit() throws. The first one submits the call itself,
  // the second one all items in chunks of that size, and the third one a chunk of some items, which has a budget of
  // time unless that is 0.
  Chunk send_task(const ChunkCall& call, std::string_view arguments);
  std::vector<Chunk> send_all(const ChunkCall& call, const PackedItems& items, std::size_t chunk_size);
  Chunk send(const ChunkCall& call, const PackedItems& items, const Span& span, std::chrono::microseconds budget);
  // Asks the broker to cancel those of these chunks that have not started. Does nothing when the client was closed.
  void cancel_waiting(const std::vector<Chunk>& chunks) noexcept;

 private:
  // again: for a chunk whose items are sent again when its process dies, so that it is no dead letter then.
  std::shared_ptr<const client::Prepared> how(bool again);
  void use(const client::Prepared& how);

  const Ref<Origin> engine_;
  std::mutex mutex_;
  std::shared_ptr<const client::Prepared> how_;
  std::shared_ptr<const client::Prepared> how_again_;
};

}  // namespace forkmill::detail
