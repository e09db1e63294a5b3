// TaskFeed: the tasks of an executor. As many as its processes can use are at the broker; the others wait here, where
// cancelling them is exact.
//
// Thread-safe, with the rules of outstanding.h.
#pragma once

#include <forkmill/process_pool_executor.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "client/pool/calls.h"
#include "client/pool/chunks.h"
#include "client/pool/outstanding.h"

namespace forkmill::detail {

class TaskFeed : public std::enable_shared_from_this<TaskFeed> {
 public:
  // window: how many tasks may be at the broker.
  TaskFeed(std::shared_ptr<PoolCalls> calls, std::shared_ptr<ChunkSender> sender, std::shared_ptr<Executor> callbacks,
           std::size_t window);

  // Throws Error{object_closed} and Rejected{payload_too_large}.
  void submit(ChunkCall call, std::string arguments, const ExecutorPromise& promise);
  // Ends the tasks that wait here with Cancelled.
  void cancel_waiting();

 private:
  class Call;

  void pump();
  std::shared_ptr<Call> next();
  void call_done();

  const std::shared_ptr<PoolCalls> calls_;
  const std::shared_ptr<ChunkSender> sender_;
  const std::shared_ptr<Executor> callbacks_;
  const std::size_t window_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Call>> waiting_;
  std::size_t under_way_ = 0;  // at the broker
};

}  // namespace forkmill::detail
