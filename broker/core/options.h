// What an operator may set about the queue's rules. The programs' flags and the configuration file fill it in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "proto/clock.h"
#include "proto/limits.h"

namespace forkmill::broker {

using namespace std::chrono_literals;
using proto::Instant;
using proto::milliseconds;

struct QueueLimits {
  std::size_t max_tasks = 2'000'000;           // not finished, or with a result that nobody has fetched
  std::size_t max_bytes = 1024 * 1024 * 1024;  // of their payloads and results
  friend bool operator==(const QueueLimits&, const QueueLimits&) = default;
};

struct CoreOptions {
  milliseconds heartbeat = 2s;
  milliseconds session_timeout = 10s;
  std::uint32_t window_tasks = 16 * 1024;  // unacknowledged submissions of one client
  std::uint64_t window_bytes = 64 * 1024 * 1024;
  std::uint64_t max_payload = proto::limits::kMaxPayload;
  milliseconds result_ttl = 10min;
  std::size_t kept_results = 100'000;  // delivered results kept for those who attach later, oldest dropped first
  std::size_t kept_result_bytes = 64 * 1024 * 1024;
  std::size_t dead_letters = 10'000;  // failed tasks kept with their arguments
  std::size_t max_queues = 10'000;
  std::size_t max_kinds = 100'000;  // task names, each with its signatures
  QueueLimits queue;                // for every queue that is not named in `queues`
  std::map<std::string, QueueLimits> queues;
};

}  // namespace forkmill::broker
