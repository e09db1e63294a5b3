// InboxLoad: how much lies in an inbox. Each counter has one writer at a time, so that none needs an atomic addition.
#pragma once

#include <atomic>
#include <cstddef>

namespace forkmill::client {

class InboxLoad {
 public:
  // These two under the inbox's lock. bytes: of the arguments.
  void added(std::size_t bytes) {
    bytes_added_.store(bytes_added_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    added_.store(added_.load(std::memory_order_relaxed) + 1);  // before the reading of EngineThread::awake_
  }
  void draining() {
    draining_ = added_;
    bytes_draining_ = bytes_added_;
  }
  // Everything that draining() saw has been handled. The thread that drains.
  void drained() {
    drained_ = draining_;
    bytes_drained_ = bytes_draining_;
  }

  // Any thread.
  std::size_t size() const { return difference(drained_, added_); }
  std::size_t bytes() const { return difference(bytes_drained_, bytes_added_); }

 private:
  // The first is read first, so that it is not ahead of the other.
  static std::size_t difference(const std::atomic<std::size_t>& drained, const std::atomic<std::size_t>& added) {
    const std::size_t before = drained;
    return added - before;
  }

  std::atomic<std::size_t> added_{0};
  std::atomic<std::size_t> bytes_added_{0};
  std::atomic<std::size_t> drained_{0};
  std::atomic<std::size_t> bytes_drained_{0};
  std::size_t draining_ = 0;
  std::size_t bytes_draining_ = 0;
};

}  // namespace forkmill::client
