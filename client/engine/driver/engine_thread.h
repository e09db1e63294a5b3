// EngineThread: the thread that does an engine's work while no other thread does. It sleeps until the socket is
// readable, until a time, or until it is woken; another thread may take the socket over meanwhile.
#pragma once

#include <atomic>
#include <thread>
#include <utility>

#include "proto/os/signals_blocked.h"
#include "proto/os/waiter.h"
#include "proto/os/wakeup.h"

namespace forkmill::client {

class EngineThread {
 public:
  explicit EngineThread(int socket) : socket_{socket} {
    waiter_.add(wakeup_.fd(), 0);
    watch_socket();
  }

  template <class F>
  void start(F&& body) {
    const proto::SignalsBlocked blocked;
    thread_ = std::thread{std::forward<F>(body)};
  }
  void join() { thread_.join(); }

  // Any thread. The kernel changes the set without waking the thread.
  void watch_socket() { waiter_.add(socket_, 0); }
  void ignore_socket() { waiter_.remove(socket_); }

  // Any thread.
  bool is_awake() const { return awake_; }
  // Any thread. Costs nothing while the thread is awake: it looks for work before it sleeps.
  void wake() {
    if (!awake_ && !awake_.exchange(true)) wakeup_.signal();
  }
  // Any thread: the thread must not sleep past this time, nor miss that work may have been left undone.
  void wake_by(proto::Instant at) {
    if (at < sleeps_until_.load()) wakeup_.signal();
  }
  void interrupt() { wakeup_.signal(); }

  // The thread itself, before it looks for work for the last time: says until when it is going to sleep.
  void plan_sleep(proto::Instant until) { sleeps_until_ = until; }
  // The thread itself: sleeps for at most `timeout`, unless is_needed() is true. Negative: without a limit.
  template <class F>
  void sleep(proto::Instant timeout, F&& is_needed) {
    awake_ = false;
    if (!is_needed()) waiter_.wait(timeout);
    awake_ = true;
    wakeup_.clear();
  }

 private:
  const int socket_;
  proto::Waiter waiter_;
  proto::Wakeup wakeup_;
  std::atomic<proto::Instant> sleeps_until_{proto::Instant{0}};
  std::atomic<bool> awake_{true};
  std::thread thread_;
};

}  // namespace forkmill::client
