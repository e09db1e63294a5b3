#include "client/web/live/repeating_thread.h"

#include <utility>

namespace forkmill::web {

RepeatingThread::RepeatingThread(std::chrono::milliseconds interval, std::function<void()> act)
    : thread_{[this, interval, act = std::move(act)] {
        std::unique_lock lock{mutex_};
        while (!stopped_) {
          lock.unlock();
          act();
          lock.lock();
          stopping_.wait_for(lock, interval, [this] { return stopped_; });
        }
      }} {}

RepeatingThread::~RepeatingThread() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

}  // namespace forkmill::web
