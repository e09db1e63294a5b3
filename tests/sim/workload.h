// Workload: the tasks that clients submit, drawn from the options.
#pragma once

#include <vector>

#include "proto/messages.h"
#include "tests/sim/world.h"

namespace forkmill::sim {

inline constexpr const char* kSignature = "str(str)";

class Workload {
 public:
  explicit Workload(World& world) : world_{world} {}

  // Some tasks more, until there have been as many as the options say.
  std::vector<proto::Submission> next_burst();
  bool done() const { return known_.size() >= world_.options.tasks; }
  // All that were submitted so far, by whomever.
  const std::vector<TaskId>& known() const { return known_; }

  static std::string queue_name(std::size_t number) { return "queue-" + std::to_string(number); }
  static std::string task_name(std::size_t number) { return "sim.task-" + std::to_string(number); }

 private:
  proto::Submission make();
  proto::Submission make_keyed();
  proto::Submission make_fresh();
  proto::TaskOptions draw_options();

  World& world_;
  std::vector<TaskId> known_;
  std::vector<proto::Submission> keyed_;
};

}  // namespace forkmill::sim
