// History: how the counts of a broker went in the last minutes. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

#include "client/web/metrics/histogram.h"

namespace forkmill::web {

class History {
 public:
  static constexpr std::size_t kMaxSamples = 300;

  // Adds the answers to QUERY status and metrics at `at_ms`, in milliseconds since 1970. A broker that has started
  // again since the sample before begins a new history, because its counters do.
  void add(std::int64_t at_ms, const nlohmann::ordered_json& status, const nlohmann::ordered_json& metrics);
  // {"at_ms": […], "succeeded": […], "failed": […], "ready": […], "running": […], "wait_p50_ms": […], "wait_p95_ms":
  // […], "run_p50_ms": […], "run_p95_ms": […]}, the oldest first. succeeded and failed count from the start of the
  // broker. The last four are of the attempts that ended in the kWindow samples until then; null: none did.
  nlohmann::ordered_json json() const;
  static constexpr std::size_t kWindow = 5;

 private:
  struct Sample {
    std::int64_t at_ms = 0;
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t ready = 0;
    std::int64_t running = 0;
    BucketCounts waited{};
    BucketCounts ran{};
  };

  // The percentiles of one of the histograms, for each sample.
  nlohmann::ordered_json percentiles(BucketCounts Sample::*histogram, double part) const;  // with the mutex held

  mutable std::mutex mutex_;
  std::int64_t uptime_ms_ = 0;  // at the last sample
  std::deque<Sample> samples_;
};

}  // namespace forkmill::web
