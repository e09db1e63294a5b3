#include "client/web/live/every.h"

#include <utility>

namespace forkmill::web {

Every::Every(std::chrono::milliseconds interval, std::function<void()> act)
    : thread_{[this, interval, act = std::move(act)] {
        std::unique_lock lock{mutex_};
        while (!stopped_) {
          lock.unlock();
          act();
          lock.lock();
          stopping_.wait_for(lock, interval, [this] { return stopped_; });
        }
      }} {}

Every::~Every() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

}  // namespace forkmill::web
