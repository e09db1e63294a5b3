#include "client/cli/os/loop_executor.h"

#include <utility>

namespace forkmill::cli {

void LoopExecutor::execute(Work work) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;  // `work` is destroyed after the lock is released
    first = waiting_.empty();
    waiting_.push_back(std::move(work));
  }
  if (first) wakeup_.signal();
}

void LoopExecutor::stop() noexcept {
  std::vector<Work> dropped;
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  dropped.swap(waiting_);
}

void LoopExecutor::run() {
  wakeup_.clear();
  std::vector<Work> ready;
  {
    const std::lock_guard lock{mutex_};
    ready.swap(waiting_);
  }
  for (auto& work : ready) work();
}

}  // namespace forkmill::cli
