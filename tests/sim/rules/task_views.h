// TaskViews: checks what the broker shows of tasks against the model: single tasks, lists, and counts.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/rules/model.h"

namespace forkmill::sim {

// Each function throws Violation.
class TaskViews {
 public:
  TaskViews(const Options& options, Model& model) : options_{options}, model_{model} {}

  // The broker makes an answer that shows the task in this state; empty: as unknown. A crash may take the answer back.
  void shown(const TaskId& id, const std::string& state) const;
  // An answer that shows the task leaves the broker: if it shows an end, the task stays in that state.
  void settled(const TaskId& id, const std::string& state);

  // A row of a list of tasks.
  struct Row {
    TaskId id;
    std::uint64_t seq = 0;
    std::string queue, name, state;
    std::uint32_t attempt = 0;
  };
  void listed(const proto::TaskFilter& filter, const std::vector<Row>& rows) const;

  // The unfinished tasks, and the tasks that ended since the broker started.
  struct Sums {
    std::uint64_t unfinished = 0, succeeded = 0, failed = 0, cancelled = 0, expired = 0;
    std::uint64_t ended() const { return succeeded + failed + cancelled + expired; }
  };
  void summed(const Sums& sums) const;

  // A survey lists all tasks, page by page. A task that is there when it begins must be listed or gone when it ends.
  void begin_survey();
  void end_survey(const std::set<TaskId>& listed) const;

 private:
  void check_row(const proto::TaskFilter& filter, const Row& row) const;

  const Options& options_;
  Model& model_;
  std::set<TaskId> surveyed_;  // the tasks that were there when the survey began
};

}  // namespace forkmill::sim
