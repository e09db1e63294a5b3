// StopWatcher: turns the link's request to stop an attempt softly into request_stop() on that attempt's stop token. It
// waits in a thread of its own, which starts when a handler asks for a token for the first time: a child whose handlers
// never do stays single-threaded.
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
  // Ends the thread.
  ~StopWatcher();
  StopWatcher(const StopWatcher&) = delete;
  StopWatcher& operator=(const StopWatcher&) = delete;

  // Returns the token of the attempt that runs. If the stop was requested before, the token is set already. May be
  // called by any thread of the handler.
  std::stop_token token(std::uint64_t serial);
  // Call when the attempt is over: its token is not set any more.
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
