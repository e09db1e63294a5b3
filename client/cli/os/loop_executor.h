// An executor that runs the callbacks of a client in the loop of this program, on its thread. execute() and stop() may
// be called by any thread; the other functions by the thread that constructed the executor.
#pragma once

#include <forkmill/executor.h>

#include <mutex>
#include <thread>
#include <vector>

#include "proto/os/wakeup.h"

namespace forkmill::cli {

class LoopExecutor final : public Executor {
 public:
  void execute(Work work) override;
  bool would_block_itself() const noexcept override { return std::this_thread::get_id() == loop_; }
  void stop() noexcept override;

  int fd() const { return wakeup_.fd(); }  // readable if callbacks wait
  // Runs the waiting callbacks. Does not block.
  void run();

 private:
  std::thread::id loop_ = std::this_thread::get_id();
  proto::Wakeup wakeup_;
  std::mutex mutex_;
  std::vector<Work> waiting_;
  bool stopped_ = false;
};

}  // namespace forkmill::cli
