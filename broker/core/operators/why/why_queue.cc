#include "broker/core/operators/why/why_queue.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/operators/why/held_back.h"
#include "broker/core/operators/why/takers.h"
#include "broker/core/operators/why/words.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kMaxTypes = 10;  // whose reasons are told one by one

std::string tasks_named(std::size_t count, const std::string& name) {
  return proto::format_count(count, "task") + " " + name;
}

// The findings about the ready tasks of a queue, type by type, those of which most wait first.
void explain_ready(Findings& found, const BrokerState& state, const Serving& serving, const Queue& queue) {
  std::vector<std::pair<std::size_t, TaskTypeId>> types;
  for (const auto& [type, count] : queue.ready.types()) types.emplace_back(count, type);
  std::sort(types.begin(), types.end(), std::greater<>{});
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i == kMaxTypes) {
      found.push_back({Reason::behind, "tasks of " + proto::format_count(types.size() - i, "other name") + " wait"});
      return;
    }
    const auto& [count, type] = types[i];
    const std::string tasks = tasks_named(count, state.task_types.name(type)) + (count == 1 ? " waits: " : " wait: ");
    if (const auto held = why_held_back(state, queue, state.task_types.name(type))) {
      found.push_back({held->reason, tasks + held->text});
    } else if (const std::string text = serving.why_unserved(queue, type); !text.empty()) {
      found.push_back({Reason::unserved, tasks + text});
    } else if (const auto busy = why_all_busy(state, serving, queue, type)) {
      found.push_back({Reason::workers_busy, tasks + busy->text});
    } else {
      found.push_back({Reason::next_in_line, tasks + "a worker takes them one after the other"});
    }
  }
}

void explain_budget(Findings& found, const Queue& queue) {
  const QueueBudget& budget = queue.budget;
  if (budget.has_room(1)) return;
  found.push_back({Reason::full, "the queue is full, and takes in no more: it holds " +
                                     proto::format_count(budget.tasks(), "task") + " with " +
                                     std::to_string(budget.bytes()) + " bytes of at most " +
                                     std::to_string(budget.limits().max_tasks) + " tasks with " +
                                     std::to_string(budget.limits().max_bytes) + " bytes"});
}

// The findings about the tasks that wait in a queue, and about its limits.
void explain(Findings& found, const BrokerState& state, const Serving& serving, const Queue& queue) {
  explain_budget(found, queue);
  if (auto nested = why_nested(state, serving, queue)) found.push_back(std::move(*nested));
  explain_ready(found, state, serving, queue);
  if (queue.scheduled > 0) {
    found.push_back({Reason::scheduled, proto::format_count(queue.scheduled, "task") +
                                            " not due yet: delayed by their options, or to be tried again later"});
  }
  if (queue.running > 0) {
    found.push_back({Reason::runs, proto::format_count(queue.running, "task") +
                                       " with workers: they run, or wait for " + "a free process there"});
  }
}

// Ready tasks in the queues of a worker: how many of them it could run, why others are held back, and the names of
// those that it does not have.
struct WorkFor {
  std::size_t runnable = 0;
  std::optional<Finding> held_back;
  std::set<std::string> other_names;
};

WorkFor work_for(const BrokerState& state, const Serving& serving, const Worker& worker) {
  WorkFor work;
  const auto add = [&](const Queue& queue) {
    for (const auto& [type, count] : queue.ready.types()) {
      const std::string& name = state.task_types.name(type);
      if (!serving.could_run(worker, queue, type))
        work.other_names.insert(name);
      else if (auto held = why_held_back(state, queue, name))
        work.held_back = std::move(held);
      else
        work.runnable += count;
    }
  };
  for (const Queue* queue : worker.offer->queues()) {
    add(*queue);
    if (queue->processes != nullptr && worker.info.max_processes > 0) add(*queue->processes);
  }
  return work;
}

Finding why_without_work(const Worker& worker, const WorkFor& work) {
  if (work.held_back) return *work.held_back;
  const std::string queues = worker.info.queues.size() == 1 ? "its queue " : "its queues ";
  if (work.other_names.empty()) return {Reason::no_work, "nothing is ready in " + queues + listed(worker.info.queues)};
  return {Reason::other_names, "tasks are ready in " + queues + listed(worker.info.queues) +
                                   ", but it has none of their names, or other signatures: " +
                                   listed({work.other_names.begin(), work.other_names.end()})};
}

}  // namespace

Findings why_queue(const BrokerState& state, const Serving& serving, std::string_view name) {
  const Queue* queue = is_process_queue(name) ? nullptr : state.queues.find(name);
  if (queue == nullptr) return {};
  Findings found;
  if (auto restarting = why_restarting(state)) found.push_back(std::move(*restarting));
  explain(found, state, serving, *queue);
  if (queue->processes != nullptr) explain(found, state, serving, *queue->processes);
  if (found.empty()) found.push_back({Reason::empty, "no task of the queue is unfinished"});
  const bool has_ready = queue->ready.size() > 0 || (queue->processes != nullptr && queue->processes->ready.size() > 0);
  if (queue->is_paused && !has_ready) found.push_back(*why_held_back(state, *queue, std::string{}));
  if (serving.workers_of(*queue) == 0 && queue->ready.size() == 0)
    found.push_back({Reason::unserved, "no worker serves queue " + std::string{name}});
  return found;
}

Findings why_worker(const BrokerState& state, const Serving& serving, const Worker& worker) {
  Findings found;
  if (auto restarting = why_restarting(state)) found.push_back(std::move(*restarting));
  const WorkFor work = work_for(state, serving, worker);
  if (auto none = why_takes_none(state, worker, false)) found.push_back(std::move(*none));
  if (worker.info.max_processes > 0 && !worker.draining) {
    auto none = why_takes_none(state, worker, true);
    if (none && none->reason == Reason::processes_used) found.push_back(std::move(*none));
  }
  if (work.runnable == 0) {
    found.push_back(why_without_work(worker, work));
  } else if (found.empty()) {
    found.push_back({Reason::runs, "it gets tasks: " + proto::format_count(work.runnable, "task") +
                                       " that it could run " + (work.runnable == 1 ? "is" : "are") +
                                       " ready, and it has finished " + std::to_string(worker.ended.finished)});
  }
  return found;
}

}  // namespace forkmill::broker
