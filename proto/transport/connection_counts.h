// ConnectionCounts: how many connections there are, in all and from each address, and how many of them are strangers.
//
// all() and strangers() may be called by any thread, the other functions by one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace forkmill::proto {

class ConnectionCounts {
 public:
  struct OfAddress {
    std::size_t all = 0;
    std::size_t strangers = 0;
  };

  std::size_t all() const { return all_; }
  std::size_t strangers() const { return strangers_; }
  OfAddress of(const std::string& address) const {
    const auto found = addresses_.find(address);
    return found == addresses_.end() ? OfAddress{} : found->second;
  }

  // Counts a connection, which is a stranger at first.
  void add(const std::string& address) {
    OfAddress& counts = addresses_[address];
    ++counts.all;
    ++counts.strangers;
    ++all_;
    ++strangers_;
  }
  // Call when a connection of that address, which was no stranger, has become one; or the other way around.
  void set_stranger(const std::string& address, bool stranger) {
    OfAddress& counts = addresses_[address];
    strangers_ += stranger ? 1 : -1;
    counts.strangers += stranger ? 1 : -1;
  }
  void remove(const std::string& address, bool stranger) {
    const auto counts = addresses_.find(address);
    if (stranger) {
      --strangers_;
      --counts->second.strangers;
    }
    --all_;
    if (--counts->second.all == 0) addresses_.erase(counts);
  }

 private:
  std::unordered_map<std::string, OfAddress> addresses_;
  std::atomic<std::size_t> all_{0};
  std::atomic<std::size_t> strangers_{0};
};

}  // namespace forkmill::proto
