// Waiting for what other processes and threads bring about and nothing announces to the test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace forkmill::tests {

// Looks each millisecond until it holds, or long enough to be sure that it never will: then false.
template <class F>
bool eventually(F&& holds, std::chrono::seconds deadline = std::chrono::seconds{60}) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

// Sleeps for the duration or until a stop is requested; returns true in the latter case.
template <class Rep, class Period>
bool stopped_within(const std::stop_token& stop, std::chrono::duration<Rep, Period> how_long) {
  std::mutex mutex;
  std::unique_lock lock{mutex};
  std::condition_variable_any{}.wait_for(lock, stop, how_long, [] { return false; });
  return stop.stop_requested();
}

}  // namespace forkmill::tests
