#include "tests/sim/rules/task_records.h"

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

std::string body_of(const proto::Payload& payload) { return std::string{payload.view().substr(0, 4)}; }

void violated(const char* rule, const TaskId& id, const std::string& text) {
  throw Violation{std::string{"invariant "} + rule + ": task " + brief(id) + ": " + text};
}

TaskRecord* TaskRecords::find(const TaskId& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

void TaskRecords::broker_started() {
  ++broker_;
  if (model_) model_->broker_started();
}

bool TaskRecords::survives_restart(const TaskRecord& record) const {
  return sim::survives_restart(world_.options, record.task.spec->options);
}

}  // namespace forkmill::sim
