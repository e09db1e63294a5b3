#include "client/web/http/work_pool.h"

#include <utility>

namespace forkmill::web {

WorkPool::WorkPool(std::size_t threads, std::size_t max_waiting) : max_waiting_{max_waiting} {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkPool::~WorkPool() { stop(); }

bool WorkPool::add(Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || waiting_.size() >= max_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  added_.notify_one();
  return true;
}

void WorkPool::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  added_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkPool::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock{mutex_};
      added_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace forkmill::web
