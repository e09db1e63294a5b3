#include "worker/child/stop_watcher.h"

#include "proto/os/signals_blocked.h"

namespace forkmill::worker {

StopWatcher::~StopWatcher() {
  if (!thread_.joinable()) return;
  ending_ = true;
  head_.stop_bell.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(head_.stop_bell);
  thread_.join();
}

std::stop_token StopWatcher::token(std::uint64_t serial) {
  std::stop_token token;
  {
    const std::lock_guard lock{mutex_};
    if (serial_ != serial) {
      serial_ = serial;
      source_ = std::stop_source{};
      watching_ = true;
    }
    token = source_.get_token();
    if (!thread_.joinable()) start();
  }
  stop_if_asked();
  return token;
}

void StopWatcher::forget() {
  if (!watching_) return;
  const std::lock_guard lock{mutex_};
  watching_ = false;
  serial_ = 0;
  source_ = std::stop_source{std::nostopstate};
}

void StopWatcher::start() {
  const proto::SignalsBlocked blocked;  // in the new thread: signals are for the handler's thread
  thread_ = std::thread{[this] { watch(); }};
}

void StopWatcher::watch() {
  for (;;) {
    const std::uint32_t seen = head_.stop_bell.load(std::memory_order_seq_cst);
    if (ending_) return;
    stop_if_asked();
    futex_wait(head_.stop_bell, seen);
  }
}

void StopWatcher::stop_if_asked() {
  const auto source = [this] {
    const std::lock_guard lock{mutex_};
    const bool asked = serial_ != 0 && head_.stop_serial.load(std::memory_order_seq_cst) == serial_;
    return asked ? source_ : std::stop_source{std::nostopstate};
  }();
  source.request_stop();  // outside the lock: it runs the handler's stop callbacks
}

}  // namespace forkmill::worker
