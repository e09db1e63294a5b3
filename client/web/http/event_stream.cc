#include "client/web/http/event_stream.h"

#include <algorithm>
#include <utility>

namespace forkmill::web {

void EventStream::publish(std::string text) {
  const std::lock_guard lock{mutex_};
  if (ended_) return;
  next_ = std::move(text);
  rouse();
}

void EventStream::beat() {
  const std::lock_guard lock{mutex_};
  if (ended_ || !next_.empty() || sent_ < sending_.size()) return;
  next_ = ":\n\n";
  rouse();
}

void EventStream::end() {
  const std::lock_guard lock{mutex_};
  ended_ = true;
  rouse();
}

bool EventStream::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_;
}

std::optional<std::size_t> EventStream::read(char* to, std::size_t max, const std::function<void()>& sleep,
                                             std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  if (sent_ == sending_.size()) {
    sending_ = std::exchange(next_, {});
    sent_ = 0;
  }
  const auto size = std::min(max, sending_.size() - sent_);
  if (size == 0 && ended_) return std::nullopt;
  if (size == 0) {
    sleep();  // under the lock: wake() must come later
    wake_ = std::move(wake);
    return 0;
  }
  std::copy_n(sending_.data() + sent_, size, to);
  sent_ += size;
  return size;
}

void EventStream::rouse() {
  if (const auto wake = std::exchange(wake_, nullptr)) wake();
}

}  // namespace forkmill::web
