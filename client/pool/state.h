// PoolState: a pool behind its handle: its host, its calls and its callback thread. Thread-safe.
#pragma once

#include <forkmill/pool.h>

#include <memory>
#include <string>
#include <vector>

#include "client/pool/calls.h"
#include "client/pool/chunks.h"
#include "client/pool/feeders.h"
#include "client/pool/host.h"
#include "client/pool/plan/item_costs.h"
#include "client/pool/task_feed.h"

namespace forkmill::detail {

class PoolState {
 public:
  // Starts the processes. Throws std::invalid_argument, and what Process::start() throws. The client outlives this.
  PoolState(Client& client, Ref<Origin> engine, PoolOptions options);

  PoolJobRef submit(const ChunkCall& call, PackedItems items, ChunkSize chunk_size, PoolDeliver deliver);
  // The stream is abandoned with the last copy of what this returns.
  PoolStreamRef open_stream(ChunkCall call, ChunkSize chunk_size, bool ordered, bool abandoned_is_cancelled = false);
  TaskFeed& feed() { return *feed_; }

  void close() { calls_->close(); }
  void cancel_waiting() {
    feed_->cancel_waiting();
    calls_->cancel_waiting();
  }
  void terminate();
  void join();
  // The last call: waits for the threads that read ranges, and for callbacks that are due.
  void stop_threads() noexcept {
    feeders_->join();
    feeding_->stop();
    callbacks_->stop();
  }
  std::int64_t processes() const { return processes_; }

 private:
  template <class Job, class Send>
  PoolJobRef begin(std::shared_ptr<Job> job, Send send);

  const PoolOptions options_;
  const std::int64_t processes_;
  const std::string name_;
  const std::shared_ptr<Executor> callbacks_;
  const std::shared_ptr<Executor> feeding_;  // sends chunks; apart from callbacks, which may wait for results
  const std::shared_ptr<PoolCalls> calls_;
  const std::shared_ptr<ChunkSender> sender_;
  const std::shared_ptr<Feeders> feeders_;
  const std::shared_ptr<ItemCosts> costs_ = std::make_shared<ItemCosts>();
  const std::shared_ptr<TaskFeed> feed_;
  const std::shared_ptr<PoolHost> host_;
};

}  // namespace forkmill::detail
