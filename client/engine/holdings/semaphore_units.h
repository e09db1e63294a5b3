// SemaphoreUnits: the units of semaphores that this client has acquired, by the tokens that the broker gave with them.
// All handles of one semaphore share them, as any thread may release what any other has acquired. Thread-safe.
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

  void add(std::uint64_t semaphore, std::uint64_t thread, std::int64_t token) {
    const std::lock_guard hold{mutex_};
    units_[semaphore][thread].push_back(token);
  }

  // Removes at most `most` units and returns their tokens: those that this thread has acquired come first.
  Tokens remove(std::uint64_t semaphore, std::uint64_t thread, std::int64_t most) {
    const std::lock_guard hold{mutex_};
    Tokens removed;
    const auto found = units_.find(semaphore);
    if (found == units_.end()) return removed;
    auto& threads = found->second;
    while (!threads.empty() && std::ssize(removed) < most) {
      const auto own = threads.find(thread);
      const auto from = own != threads.end() ? own : threads.begin();
      removed.push_back(from->second.back());
      from->second.pop_back();
      if (from->second.empty()) threads.erase(from);
    }
    if (threads.empty()) units_.erase(found);
    return removed;
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
