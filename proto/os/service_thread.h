// ServiceThread: a thread that works for another one, the loop of a broker, so that the loop never waits for a disk or
// a server. It keeps what all such threads need: the lock of the jobs and news that both sides share, the wait for
// jobs, the descriptor that tells the loop of news, and the end. Jobs and news are members of the object that owns this
// one; lock() guards them.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "proto/os/signals_blocked.h"
#include "proto/os/wakeup.h"

namespace forkmill::proto {

class ServiceThread {
 public:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  ServiceThread() = default;
  // REQUIRES: stop() was called, or start() never.
  ~ServiceThread() = default;
  ServiceThread(const ServiceThread&) = delete;
  ServiceThread& operator=(const ServiceThread&) = delete;

  // Calls `run` in the thread, which has this name (15 bytes at most) and no signals. Call once, when all that `run`
  // uses is there.
  void start(const char* name, std::function<void()> run) {
    const SignalsBlocked blocked;
    thread_ = std::thread{[name, run = std::move(run)] {
      ::pthread_setname_np(::pthread_self(), name);
      run();
    }};
  }
  // Tells the thread that it is to end, and waits until `run` has returned. Call before what `run` uses is gone.
  void stop() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    wake();
    thread_.join();
  }

  Lock lock() { return Lock{mutex_}; }

  // ---- Jobs ----

  // Ends a wait(). Call without the lock, when there are jobs.
  void wake() { work_.notify_one(); }
  // Whether stop() was called. REQUIRES: the lock is held.
  bool is_stopping() const { return stopping_; }
  // Waits until `called` returns true, which is asked after each wake() and with the lock held; the others wait until a
  // time at most.
  template <class Called>
  void wait(Lock& lock, const Called& called) {
    work_.wait(lock, called);
  }
  template <class Called>
  void wait_until(Lock& lock, Clock::time_point until, const Called& called) {
    work_.wait_until(lock, until, called);
  }
  void wait_until(Lock& lock, Clock::time_point until) { work_.wait_until(lock, until); }

  // ---- News ----

  // Readable when there may be news.
  int fd() const { return ready_.fd(); }
  // Returns whether there may be news, without a system call.
  bool has_news() const { return announced_.load(std::memory_order_acquire); }
  // There are news. REQUIRES: the lock is held.
  void announce() {
    if (announced_.load()) return;
    ready_.signal();
    announced_ = true;  // after the signal, which lock_for_news() clears
  }
  // Returns the lock, for the loop to take the news with.
  Lock lock_for_news() {
    ready_.clear();
    Lock held = lock();
    announced_ = false;
    return held;
  }

 private:
  Wakeup ready_;
  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ = false;               // guarded by mutex_
  std::atomic<bool> announced_{false};  // fd() is readable; changes with the mutex held
  std::thread thread_;
};

}  // namespace forkmill::proto
