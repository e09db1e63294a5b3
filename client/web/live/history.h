// History: how the counts of a broker went in the last minutes. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

namespace forkmill::web {

class History {
 public:
  static constexpr std::size_t kMaxSamples = 300;

  // Adds the answer to QUERY status at `at_ms`, in milliseconds since 1970. A broker that has started again since the
  // sample before begins a new history, because its counters do.
  void add(std::int64_t at_ms, const nlohmann::ordered_json& status);
  // {"at_ms": […], "succeeded": […], "failed": […], "ready": […], "running": […]}, the oldest first. succeeded and
  // failed count from the start of the broker.
  nlohmann::ordered_json json() const;

 private:
  struct Sample {
    std::int64_t at_ms = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t ready = 0;
    std::int64_t running = 0;
  };

  mutable std::mutex mutex_;
  std::int64_t uptime_ms_ = 0;  // at the last sample
  std::deque<Sample> samples_;
};

}  // namespace forkmill::web
