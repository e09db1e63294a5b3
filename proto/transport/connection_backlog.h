// ConnectionBacklog: the cost (FrameMeter) of what all connections have sent and was not received yet. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace forkmill::proto {

class ConnectionBacklog {
 public:
  void arrived(std::int64_t cost) { waiting_ += cost; }
  void received(std::uint64_t cost) { waiting_ -= static_cast<std::int64_t>(cost); }
  // The same from a connection that was closed meanwhile.
  void received_from_closed(std::uint64_t cost) { left_behind_ -= static_cast<std::int64_t>(cost); }
  // Call when a connection closes with `waiting` unreceived.
  void closed(std::uint64_t waiting) {
    waiting_ -= static_cast<std::int64_t>(waiting);
    left_behind_ += static_cast<std::int64_t>(waiting);
  }
  // Call when nothing waits of closed connections: an unfinished message is gone with its connection.
  void forget_closed() { left_behind_ = 0; }
  // Replaces the cost of open connections by a fresh count.
  void correct(std::int64_t waiting) { waiting_ = waiting; }

  std::uint64_t total() const { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, waiting_ + left_behind_)); }

 private:
  std::atomic<std::int64_t> waiting_{0};      // open connections
  std::atomic<std::int64_t> left_behind_{0};  // closed connections
};

}  // namespace forkmill::proto
