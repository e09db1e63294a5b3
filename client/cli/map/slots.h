// Slots: the numbers from 1 on that jobs in flight have ({%}). A job gets the smallest one that is free.
#pragma once

#include <cstdint>
#include <set>

namespace forkmill::cli {

class Slots {
 public:
  std::uint64_t next() const { return free_.empty() ? last_ + 1 : *free_.begin(); }
  // REQUIRES: `slot` is next().
  void acquire(std::uint64_t slot) {
    slot > last_ ? static_cast<void>(last_ = slot) : static_cast<void>(free_.erase(slot));
  }
  void release(std::uint64_t slot) { free_.insert(slot); }

 private:
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> free_;  // at most last_
};

}  // namespace forkmill::cli
