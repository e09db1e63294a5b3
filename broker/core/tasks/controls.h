// Controls: what operators have set for queues, task names and workers while the broker runs. They outlive the queues
// and tasks that they are about, and restarts of a broker that has a store (operators/steering.h). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/tasks/queue_limits.h"
#include "proto/ids.h"

namespace forkmill::broker {

// A pause and limits of one queue or task name.
struct Control {
  bool paused = false;  // no further task is started
  // Limits of a queue in place of those that the broker was started with; 0: none.
  std::uint64_t max_tasks = 0;
  std::uint64_t max_bytes = 0;
  std::uint64_t max_running = 0;
  std::optional<std::uint64_t> log_bytes{};  // 0: no logs are kept
  proto::TaskSeq stored_as{};                // the number of its record; none: it is not stored

  bool has_limits() const { return max_tasks > 0 || max_bytes > 0 || max_running > 0 || log_bytes; }
  bool is_empty() const { return !paused && !has_limits(); }
  // Returns `limits` with those that are set here.
  QueueOptions over(QueueOptions limits) const {
    if (max_tasks > 0) limits.max_tasks = max_tasks;
    if (max_bytes > 0) limits.max_bytes = max_bytes;
    if (max_running > 0) limits.max_running = max_running;
    if (log_bytes) limits.log_bytes = *log_bytes;
    return limits;
  }
};

struct Controls {
  static constexpr std::size_t kMax = 1000;  // controls of each kind
  using ByName = std::map<std::string, Control, std::less<>>;

  // Null: nothing is set for the queue. `queue`: its name as users give it.
  const Control* of_queue(std::string_view queue) const {
    const auto found = queues.find(queue);
    return found == queues.end() ? nullptr : &found->second;
  }
  bool is_name_paused(std::string_view name) const {
    if (names.empty()) return false;
    const auto found = names.find(name);
    return found != names.end() && found->second.paused;
  }

  bool is_worker_paused(std::string_view worker) const { return !workers.empty() && workers.contains(worker); }

  std::uint64_t version = 0;  // rises with each change
  // Rises when the rights of principals may have changed, which are kept elsewhere: an answer holds for its version.
  std::uint64_t rights_version = 1;
  ByName queues;
  ByName names;    // names of tasks, without limits
  ByName workers;  // names of workers, without limits
};

}  // namespace forkmill::broker
