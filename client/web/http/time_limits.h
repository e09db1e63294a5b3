// TimeLimits: when the connections of the gateway must have got further. A peer that sends a byte now and then keeps a
// connection from being idle, and so do peers that read slowly; here the whole request, and the whole response, has a
// time limit. Thread-safe.
#pragma once

#include <chrono>
#include <mutex>
#include <unordered_map>

namespace forkmill::web {

class TimeLimits {
 public:
  using Clock = std::chrono::steady_clock;

  // Sets the limit of the connection with this descriptor; it replaces an earlier one.
  void set(int fd, Clock::time_point limit);
  // Lets the connection take its time.
  void clear(int fd);
  // Shuts down the connections whose limit has passed, which makes the server close them. Call before a descriptor is
  // closed: clear().
  void enforce(Clock::time_point now);

 private:
  std::mutex mutex_;
  std::unordered_map<int, Clock::time_point> limits_;
};

}  // namespace forkmill::web
