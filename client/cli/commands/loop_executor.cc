#include "client/cli/commands/loop_executor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace forkmill::cli {

LoopExecutor::LoopExecutor() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

LoopExecutor::~LoopExecutor() { ::close(fd_); }

void LoopExecutor::execute(Work work) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;  // dropped, with the lock released before `work` goes
    first = waiting_.empty();
    waiting_.push_back(std::move(work));
  }
  const eventfd_t one = 1;
  if (first) ::eventfd_write(fd_, one);
}

void LoopExecutor::stop() noexcept {
  std::vector<Work> dropped;
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  dropped.swap(waiting_);
}

void LoopExecutor::run() {
  eventfd_t count = 0;
  ::eventfd_read(fd_, &count);
  std::vector<Work> taken;
  {
    const std::lock_guard lock{mutex_};
    taken.swap(waiting_);
  }
  for (auto& work : taken) work();
}

}  // namespace forkmill::cli
