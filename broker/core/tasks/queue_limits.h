// Limits of queues, which operators set.
#pragma once

#include <cstddef>

namespace forkmill::broker {

struct QueueOptions {
  std::size_t max_tasks = 2'000'000;           // tasks that are not finished, or whose result has not been fetched
  std::size_t max_bytes = 1024 * 1024 * 1024;  // bytes of their payloads and results
  bool durable = true;                         // tasks that do not say otherwise are stored, if there is a store
  std::size_t max_running = 0;                 // tasks that workers have at a time; 0: any number
  std::size_t log_bytes = 64 * 1024;           // bytes of the log of one attempt; 0: none
  static constexpr std::size_t kMaxLogBytes = 16 * 1024 * 1024;
  friend bool operator==(const QueueOptions&, const QueueOptions&) = default;
};

// Limits of what is in memory although it is on disk as well. Only durable tasks are ever paged out.
struct ResidentLimits {
  // Tasks at the head of each lane (one client, priority and task name): those of a steady stream with some ten
  // thousand outstanding do not go by way of the disk.
  std::size_t tasks = 16 * 1024;
  std::size_t bytes = 32 * 1024 * 1024;  // bytes of their arguments
  std::size_t page = 2 * 1024;           // tasks fetched at once
  std::size_t scheduled = 64 * 1024;     // tasks that are not due yet
  std::size_t results = 128 * 1024;      // results that have not been fetched yet
  std::size_t result_bytes = 64 * 1024 * 1024;
  std::size_t attaching = 8 * 1024 * 1024;  // tasks on disk that one client attaches; with more, it is disconnected
  friend bool operator==(const ResidentLimits&, const ResidentLimits&) = default;
};

}  // namespace forkmill::broker
