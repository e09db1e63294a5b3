#include "broker/core/operators/why/held_back.h"

#include <algorithm>
#include <vector>

#include "broker/core/operators/why/words.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

// The workers that have tasks of the queue, with and without a process of their own.
std::vector<std::string> holders_of(const BrokerState& state, const Queue& queue) {
  std::vector<std::string> holders;
  for (const auto& [handle, worker] : state.workers) {
    const auto tasks = worker->holding.by_seq();
    const auto count = std::count_if(tasks.begin(), tasks.end(), [&](const Task* task) {
      return task->queue() == &queue || task->queue() == queue.processes;
    });
    if (count == 0) continue;
    const Session& session = worker->session;
    holders.push_back(std::to_string(count) + " in worker " + session.name.str() + " on " + session.host);
  }
  std::sort(holders.begin(), holders.end());
  return holders;
}

}  // namespace

std::optional<Finding> why_held_back(const BrokerState& state, const Queue& queue, const std::string& task) {
  const std::string name{base_queue(queue.name())};
  const Queue& base = *state.queues.find(name);
  if (base.is_paused) return Finding{Reason::paused, "queue " + name + " is paused: forkmill queue resume " + name};
  if (state.controls.is_name_paused(task))
    return Finding{Reason::paused, "task " + task + " is paused: forkmill name resume " + task};
  if (base.may_grant()) return std::nullopt;
  return Finding{Reason::running_limit, "as many tasks of queue " + name + " run as may (max_running " +
                                            std::to_string(base.budget.limits().max_running) +
                                            "): " + listed(holders_of(state, base))};
}

}  // namespace forkmill::broker
