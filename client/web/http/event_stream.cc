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

void EventStream::append(const std::string& text) {
  const std::lock_guard lock{mutex_};
  if (ended_) return;
  next_ += text;
  rouse();
}

bool EventStream::wait_until_read(std::chrono::milliseconds how_long) const {
  std::unique_lock lock{mutex_};
  const auto is_read = [this] { return next_.empty() && sent_ == sending_.size(); };
  read_.wait_for(lock, how_long, [&] { return ended_ || is_read(); });
  return !ended_ && is_read();
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
  read_.notify_all();
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
  if (next_.empty() && sent_ == sending_.size()) read_.notify_all();
  return size;
}

void EventStream::rouse() {
  if (const auto wake = std::exchange(wake_, nullptr)) wake();
}

}  // namespace forkmill::web
