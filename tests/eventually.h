// Waiting for what other processes and threads bring about and nothing announces to the test.
#pragma once

#include <chrono>
#include <thread>

namespace forkmill::tests {

// Until it holds, or long enough to be sure that it never will: then false.
template <class F>
bool eventually(F&& holds, std::chrono::seconds deadline = std::chrono::seconds{60}) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace forkmill::tests
