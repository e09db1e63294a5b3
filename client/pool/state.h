// PoolState: a pool behind its handle: its host, its calls and its callback thread. Thread-safe.
#pragma once

#include <forkmill/pool.h>

#include <memory>
#include <string>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/chunks.h"
#include "client/pool/host.h"

namespace forkmill::detail {

class PoolState {
 public:
  // Starts the processes. Throws std::invalid_argument, and what Process::start() throws. The client outlives this.
  PoolState(Client& client, Ref<Origin> engine, PoolOptions options);

  PoolJobRef submit(const ChunkCall& call, const std::vector<std::string>& items, ChunkSize chunk_size,
                    PoolDeliver deliver);
  PoolStreamRef open_stream(ChunkCall call, std::int64_t chunk_size, bool ordered);

  void close() { calls_->close(); }
  void terminate();
  void join();
  void stop_callbacks() noexcept { callbacks_->stop(); }
  std::int64_t processes() const { return processes_; }

 private:
  const PoolOptions options_;
  const std::int64_t processes_;
  const std::string name_;
  const std::shared_ptr<Executor> callbacks_;
  const std::shared_ptr<PoolCalls> calls_;
  const std::shared_ptr<ChunkSender> sender_;
  const std::shared_ptr<PoolHost> host_;
};

}  // namespace forkmill::detail
