// Workload: the tasks that clients submit, drawn from the options.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

inline constexpr const char* kSignature = "str(str)";

class Workload {
 public:
  explicit Workload(World& world) : world_{world} {}

  // Draws some more tasks, until there have been as many as the options say. `skew`: the offset of the submitter's wall
  // clock.
  std::vector<proto::Submission> next_burst(milliseconds skew);
  bool done() const { return made_ >= world_.options.tasks; }
  // All tasks that were submitted so far, by any client.
  const std::vector<TaskId>& known() const { return known_; }
  // A client wants a task cancelled: the listeners may want that as well.
  void wanted_cancelled(const TaskId& id, std::string_view by) const {
    for (const auto& listener : cancel_listeners) listener(id, by);
  }
  std::vector<std::function<void(const TaskId&, std::string_view)>> cancel_listeners;
  // Makes the id of a new task, such as one that retries a dead letter.
  TaskId next_id(milliseconds skew);

  static std::string queue_name(std::size_t number) { return "queue-" + std::to_string(number); }
  static std::string task_name(std::size_t number) { return "sim.task-" + std::to_string(number); }

 private:
  proto::Submission make(milliseconds skew);
  proto::TaskOptions draw_options(milliseconds skew);

  // A task in a queue of its own, which no worker serves. It expires.
  proto::Submission make_stray(milliseconds skew);
  proto::Submission make_under_key(milliseconds skew);

  World& world_;
  std::size_t made_ = 0;
  std::vector<TaskId> known_;
  std::map<std::string, proto::Submission> by_key_;
};

}  // namespace forkmill::sim
