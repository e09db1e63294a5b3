// PoolState: what the handles and callbacks of one pool share: its host process, its queue, and the calls that are not
// over. Thread-safe; it never calls the engine with its lock held.
#pragma once

#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/engine/engine.h"
#include "client/pool/job.h"
#include "client/pool/stream.h"

namespace forkmill::detail {

class PoolState : public std::enable_shared_from_this<PoolState> {
 public:
  // Throws std::invalid_argument.
  PoolState(Client& client, Ref<Origin> engine, PoolOptions options);

  void start_host();

  PoolJobRef submit(ChunkCall call, const std::vector<std::string>& items, ChunkSize chunk_size, PoolDeliver deliver);
  PoolStreamRef open_stream(ChunkCall call, std::int64_t chunk_size, bool ordered);
  std::vector<Chunk> send(const ChunkCall& call, const std::vector<std::string>& items, std::size_t chunk_size);
  void forget(Outstanding& call);

  void close();
  void terminate();
  void join();
  void stop_callbacks() noexcept { callbacks_->stop(); }
  std::int64_t processes() const { return processes_; }

 private:
  enum class Phase { open, closed, ended };
  using Calls = std::unordered_map<Outstanding*, std::shared_ptr<Outstanding>>;

  class HostGone;

  // Throws when the pool is closed; ends the call when the pool has failed.
  void keep(const std::shared_ptr<Outstanding>& call);
  std::size_t chunk_size_for(std::size_t items, ChunkSize asked) const;
  void host_gone(unsigned generation) noexcept;
  void end_all(const std::exception_ptr& error);
  void stop_host(bool at_once);

  Client& client_;
  const Ref<Origin> engine_;
  const PoolOptions options_;
  const std::int64_t processes_;
  const std::string name_;
  const std::shared_ptr<Executor> callbacks_;

  std::mutex mutex_;
  std::condition_variable idle_;
  Phase phase_ = Phase::open;
  std::exception_ptr failure_;
  Calls calls_;
  std::shared_ptr<const client::Prepared> how_;
  std::optional<Process> host_;
  unsigned generation_ = 0;
  std::chrono::steady_clock::time_point host_started_;
  unsigned early_ends_ = 0;  // of hosts in a row
};

}  // namespace forkmill::detail
