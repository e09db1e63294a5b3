// RepeatingThread: calls a function again and again, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace forkmill::web {

class RepeatingThread {
 public:
  // Calls `act`, which must not throw, at once, and again after each `interval`.
  RepeatingThread(std::chrono::milliseconds interval, std::function<void()> act);
  // Waits for a call that is under way.
  ~RepeatingThread();
  RepeatingThread(const RepeatingThread&) = delete;
  RepeatingThread& operator=(const RepeatingThread&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace forkmill::web
