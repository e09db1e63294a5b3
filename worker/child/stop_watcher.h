// StopWatcher: turns "stop softly" for one attempt into request_stop() on that attempt's stop token. It waits in a
// thread of its own, which starts when a handler asks for a token for the first time: a child whose handlers never do
// stays single-threaded.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

#include "worker/ipc/shared_area.h"

namespace forkmill::worker {

class StopWatcher {
 public:
  explicit StopWatcher(AreaHead& head) : head_{head} {}
  ~StopWatcher();  // ends the thread
  StopWatcher(const StopWatcher&) = delete;
  StopWatcher& operator=(const StopWatcher&) = delete;

  // The token of the attempt that runs; set at once when the stop was asked for already. Any thread of the handler.
  std::stop_token token(std::uint64_t serial);
  // The attempt is over. Its token is not touched any more.
  void forget();

 private:
  void start();
  void watch();
  void stop_if_asked();

  AreaHead& head_;
  std::atomic<bool> watching_{false};  // a token was given out for serial_
  std::mutex mutex_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
  std::uint64_t serial_ = 0;
  std::stop_source source_{std::nostopstate};
};

}  // namespace forkmill::worker
