#include "client/web/http/time_limits.h"

#include <sys/socket.h>

namespace forkmill::web {

void TimeLimits::set(int fd, Clock::time_point limit) {
  const std::lock_guard lock{mutex_};
  limits_[fd] = limit;
}

void TimeLimits::clear(int fd) {
  const std::lock_guard lock{mutex_};
  limits_.erase(fd);
}

void TimeLimits::enforce(Clock::time_point now) {
  const std::lock_guard lock{mutex_};
  for (auto it = limits_.begin(); it != limits_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    ::shutdown(it->first, SHUT_RDWR);
    it = limits_.erase(it);
  }
}

}  // namespace forkmill::web
