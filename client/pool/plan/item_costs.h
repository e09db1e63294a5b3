// ItemCosts: the run time of one item of each function of a pool, as its last call measured it, so that the next call
// need not begin with single items. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "client/pool/plan/chunk_sizer.h"

namespace forkmill::detail {

class ItemCosts {
 public:
  // 0: not known.
  ChunkSizer::Time of(const std::string& function) const {
    const std::lock_guard hold{mutex_};
    const auto found = costs_.find(function);
    return found == costs_.end() ? ChunkSizer::Time{0} : found->second;
  }
  void note(const std::string& function, ChunkSizer::Time cost) {
    const std::lock_guard hold{mutex_};
    if (costs_.size() >= kMost && !costs_.contains(function)) costs_.clear();
    costs_[function] = cost;
  }

 private:
  static constexpr std::size_t kMost = 1024;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, ChunkSizer::Time> costs_;
};

}  // namespace forkmill::detail
