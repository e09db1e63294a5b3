// UndeliveredItems: what came out of queues for gets whose callers had given up waiting, while no broker answered. It
// is this client's by then, whichever of its handles asked: its next get of the same queue has it.
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
  void keep(std::uint64_t queue, std::vector<proto::Payload>& values) {
    const std::lock_guard hold{mutex_};
    auto& items = items_[queue];
    for (auto& value : values) items.push_back(std::move(value));
  }

  // At most so many of them. False: there are none.
  bool take(std::uint64_t queue, std::size_t most, std::vector<proto::Payload>& into) {
    const std::lock_guard hold{mutex_};
    const auto found = items_.find(queue);
    if (found == items_.end()) return false;
    auto& items = found->second;
    for (; !items.empty() && into.size() < most; items.pop_front()) into.push_back(std::move(items.front()));
    if (items.empty()) items_.erase(found);
    return !into.empty();
  }

  // What a get has brought: behind what has come late meanwhile, as it was taken from the queue later.
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
