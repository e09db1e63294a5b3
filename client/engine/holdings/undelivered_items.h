// UndeliveredItems: items that the broker took out of queues for gets whose callers had given up waiting, while no
// broker answered. They are this client's: the next get of the same queue, by any of its handles, returns them.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/payload.h"

namespace forkmill::client {

class UndeliveredItems {
 public:
  void add(std::uint64_t queue, std::vector<proto::Payload>& values) {
    const std::lock_guard hold{mutex_};
    auto& items = items_[queue];
    for (auto& value : values) items.push_back(std::move(value));
  }

  bool has(std::uint64_t queue) {
    const std::lock_guard hold{mutex_};
    return items_.contains(queue);
  }
  // Moves at most `most` items to `to`. Returns false if there are none.
  bool remove(std::uint64_t queue, std::size_t most, std::vector<proto::Payload>& to) {
    const std::lock_guard hold{mutex_};
    const auto found = items_.find(queue);
    if (found == items_.end()) return false;
    auto& items = found->second;
    for (; !items.empty() && to.size() < most; items.pop_front()) to.push_back(std::move(items.front()));
    if (items.empty()) items_.erase(found);
    return !to.empty();
  }

  // Exchanges the values of a get for earlier ones: items that have arrived here meanwhile left the queue before them.
  void put_in_order(std::uint64_t queue, std::vector<proto::Payload>& values) {
    const std::lock_guard hold{mutex_};
    const auto found = items_.find(queue);
    if (found == items_.end()) return;
    auto& items = found->second;
    for (auto& value : values) {
      items.push_back(std::move(value));
      value = std::move(items.front());
      items.pop_front();
    }
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::deque<proto::Payload>> items_;  // by the number of the queue
};

}  // namespace forkmill::client
