// SpanSender: sends spans to a collector in batches, on a thread of its own, from a bounded queue. A collector that is
// slow or away makes no other thread wait: spans beyond the bounds are dropped and counted. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/web/otlp/collector.h"
#include "client/web/otlp/collector_log.h"
#include "client/web/otlp/encoding.h"
#include "client/web/otlp/retry_rules.h"
#include "client/web/otlp/settings.h"
#include "client/web/otlp/span_queue.h"
#include "proto/os/real_env.h"

namespace forkmill::web::otlp {

class SpanSender {
 public:
  struct Counts {
    std::uint64_t exported = 0;    // spans
    std::uint64_t overflowed = 0;  // spans for which there was no room
    std::uint64_t rejected = 0;    // spans that the collector has refused
    std::uint64_t delivered = 0;   // requests
    std::uint64_t retried = 0;     // requests that were not taken, and are sent again
    std::uint64_t refused = 0;     // requests
    std::uint64_t waiting = 0;     // spans in the queue
  };

  SpanSender(const Settings& settings, std::unique_ptr<Collector> collector, QueueLimits limits = {});
  // Sends what waits, for two seconds, and says on stderr how many spans are lost.
  ~SpanSender();
  SpanSender(const SpanSender&) = delete;
  SpanSender& operator=(const SpanSender&) = delete;

  // Takes spans as encoded() makes them. Does not wait for the collector.
  void push(std::vector<std::string> spans);
  Counts counts() const;

 private:
  void run();
  // Waits until a batch is due. Empty: the sender ends, and no span waits.
  std::vector<std::string> next_batch();
  // Returns false if the sender ends and the collector does not take the batch.
  bool deliver(const std::vector<std::string>& batch);
  void note(Fate fate, const Collector::Answer& answer, std::uint64_t spans);
  // Waits before the next request. Returns false if the sender ends.
  bool wait(std::chrono::milliseconds pause);

  const Envelope envelope_;
  const std::unique_ptr<Collector> collector_;
  CollectorLog log_;
  RetryBackoff backoff_{};
  proto::RealEnv env_{};
  std::atomic<bool> out_of_time_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SpanQueue queue_;  // under the mutex, as all below
  Counts counts_{};
  bool stopped_ = false;
  bool finished_ = false;
  std::thread thread_;
};

}  // namespace forkmill::web::otlp
