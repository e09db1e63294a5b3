// PoolHost: the host process of a pool, which runs the pool's processes as its children and serves the pool's queue. A
// host that is lost is replaced; calls that its processes had end with its error. A host that fails early several times
// in a row, or that says itself why it ends, as after a failed initializer, is the end of the pool.
//
// Thread-safe.
#pragma once

#include <forkmill/pool.h>
#include <forkmill/process.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client/pool/calls.h"
#include "client/pool/chunks.h"

namespace forkmill::detail {

class PoolHost : public std::enable_shared_from_this<PoolHost> {
 public:
  // The pool of a host. Its client outlives the host.
  struct Pool {
    Client& client;
    PoolOptions options;
    std::string name;
    std::shared_ptr<Executor> callbacks;
    std::shared_ptr<PoolCalls> calls;
    std::shared_ptr<ChunkSender> sender;
  };

  explicit PoolHost(Pool pool) : pool_{std::move(pool)} {}

  // Starts a host with a queue of its own. Throws what Process::start() throws.
  void start();
  // Tells the host to end, and waits for that. at_once: does not wait for the calls and initializers that run, and
  // waits a few seconds at most. Else each process ends after them.
  void stop(bool at_once);

 private:
  class Gone;

  void start(const std::string& queue);
  void end(Process& process);
  void finish(Process& process);
  void gone(unsigned generation) noexcept;
  bool is_to_be_replaced(const std::exception_ptr& error);

  const Pool pool_;
  std::mutex mutex_;
  std::optional<Process> process_;
  unsigned generation_ = 0;  // counts the processes
  std::chrono::steady_clock::time_point started_at_;
  unsigned early_ends_ = 0;  // in a row
};

}  // namespace forkmill::detail
