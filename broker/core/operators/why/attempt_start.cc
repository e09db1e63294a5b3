#include "broker/core/operators/why/attempt_start.h"

#include <algorithm>

namespace forkmill::broker {

std::optional<milliseconds> attempt_start(const BrokerState& state, const Task& task) {
  const auto found = state.workers.find(task.worker());
  if (task.state != State::running || found == state.workers.end()) return std::nullopt;
  const Worker* worker = found->second.get();
  const auto row = std::find_if(worker->report.begin(), worker->report.end(),
                                [grant = task.grant()](const auto& one) { return one.grant == grant; });
  if (row != worker->report.end() && row->task_started_at.count() > 0) return row->task_started_at;
  if (!task.options().process && worker->in_pool() > worker->info.children) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(task.held.granted_at - state.clock.now()) + state.clock.unix_time();
}

}  // namespace forkmill::broker
