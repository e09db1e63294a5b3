// SemaphoreUnits: what this client has of semaphores, by the tokens that the broker gave it with each unit. All handles
// of one semaphore share them, as any thread may give back what any other has acquired. Thread-safe.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace forkmill::client {

class SemaphoreUnits {
 public:
  using Tokens = std::vector<std::int64_t>;

  void acquired(std::uint64_t semaphore, std::uint64_t thread, std::int64_t token) {
    const std::lock_guard hold{mutex_};
    units_[semaphore][thread].push_back(token);
  }

  // At most so many of them: first what this thread has acquired, then what others have.
  Tokens take(std::uint64_t semaphore, std::uint64_t thread, std::int64_t most) {
    const std::lock_guard hold{mutex_};
    Tokens taken;
    const auto found = units_.find(semaphore);
    if (found == units_.end()) return taken;
    auto& threads = found->second;
    while (!threads.empty() && std::ssize(taken) < most) {
      const auto own = threads.find(thread);
      const auto from = own != threads.end() ? own : threads.begin();
      taken.push_back(from->second.back());
      from->second.pop_back();
      if (from->second.empty()) threads.erase(from);
    }
    if (threads.empty()) units_.erase(found);
    return taken;
  }

  void forget(std::uint64_t semaphore) {
    const std::lock_guard hold{mutex_};
    units_.erase(semaphore);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::map<std::uint64_t, Tokens>> units_;  // by semaphore and thread
};

}  // namespace forkmill::client
