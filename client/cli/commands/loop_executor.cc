#include "client/cli/commands/loop_executor.h"

#include <utility>

namespace forkmill::cli {

void LoopExecutor::execute(Work work) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;  // dropped, with the lock released before `work` goes
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
  std::vector<Work> taken;
  {
    const std::lock_guard lock{mutex_};
    taken.swap(waiting_);
  }
  for (auto& work : taken) work();
}

}  // namespace forkmill::cli
