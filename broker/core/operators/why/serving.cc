#include "broker/core/operators/why/serving.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "broker/core/operators/why/held_back.h"
#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

const char* const kNestedWait =
    "every process of its workers waits for tasks of this queue, so none can start: give nested tasks another queue, "
    "with workers of its own";

std::vector<Unserved> Serving::unserved(const Client& asker) const {
  std::vector<Unserved> rows;
  for (const auto& [name, wait] : state_.unserved.nested_waits) {
    const Queue* queue = state_.queues.find(name);
    if (wait.confirmed && queue != nullptr && may_see_queue(asker, name) && may_wait_for_itself(*queue))
      rows.push_back({name, "*", queue->ready.size(), kNestedWait});
  }
  for (const auto& [name, queue] : state_.queues) {
    for (const auto& [type, count] : seen_types(*queue, asker)) {
      if (rows.size() >= kMaxUnserved) return rows;
      if (std::string reason = why_unserved(*queue, type); !reason.empty()) {
        rows.push_back({name, state_.task_types.name(type), count, std::move(reason)});
      }
    }
  }
  return rows;
}

std::vector<Serving::TypeCount> Serving::seen_types(const Queue& queue, const Client& asker) {
  if (may_see_queue(asker, base_queue(queue.name()))) return {queue.ready.types().begin(), queue.ready.types().end()};
  std::map<TaskTypeId, std::size_t> own;
  if (asker.owner == nullptr) return {};
  queue.ready.visit_shares([&](int, const Share& share) {
    if (share.key.owner != asker.owner->number) return;
    share.visit([&](const Lane& lane) {
      if (lane.size() > 0) own[lane.type] += lane.size();
    });
  });
  return {own.begin(), own.end()};
}

bool Serving::is_served(const Queue& queue, const Worker& worker) const {
  const auto is_this = [&](const Queue* one) { return one == &queue || one->processes == &queue; };
  if (std::ranges::none_of(worker.offer->queues(), is_this)) return false;
  return !is_process_queue(queue.name()) || worker.info.max_processes > 0;
}

std::size_t Serving::workers_of(const Queue& queue) const {
  if (!is_process_queue(queue.name())) return queue.workers;
  return static_cast<std::size_t>(std::count_if(state_.workers.begin(), state_.workers.end(),
                                                [&](const auto& one) { return is_served(queue, *one.second); }));
}

bool Serving::could_run(const Worker& worker, const Queue& queue, TaskTypeId type) const {
  return is_served(queue, worker) && worker.offer->serves(state_.task_types, type);
}

std::vector<const Worker*> Serving::takers(const Queue& queue, TaskTypeId type) const {
  std::vector<const Worker*> workers;
  for (const auto& [handle, worker] : state_.workers)
    if (could_run(*worker, queue, type)) workers.push_back(worker.get());
  return workers;
}

std::string Serving::why_unserved(const Queue& queue, TaskTypeId type) const {
  const std::string name{base_queue(queue.name())};
  const Queue& base = *state_.queues.find(name);
  if (workers_of(queue) == 0) {
    return base.workers > 0 ? "no worker that serves queue " + name + " takes processes (--max-processes)"
                            : "no worker serves queue " + name;
  }
  const auto has_taker = [&](const Queue& one) {
    return std::ranges::any_of(state_.workers, [&](const auto& entry) { return could_run(*entry.second, one, type); });
  };
  if (has_taker(queue)) return {};
  const std::string& task = state_.task_types.name(type);
  if (&base != &queue && has_taker(base))
    return "no worker that serves queue " + name + " and has task " + task + " takes processes (--max-processes)";
  // The signatures that workers of other queues have are not told: their principals may have no right to this queue.
  if (base.offers.has_name(task)) return "the workers have " + task + " as " + base.offers.signatures(task);
  return registry_.ask(task, state_.task_types.signature(type)) == Registry::Answer::nobody
             ? "no worker has task " + task
             : "no worker that has task " + task + " serves queue " + name;
}

bool Serving::may_wait_for_itself(const Queue& queue) const {
  if (queue.ready.size() == 0 || queue.is_paused || is_process_queue(queue.name())) return false;
  const Clients with_running_tasks = clients_with_running_tasks(queue);
  bool served = false;
  for (const auto& [handle, worker] : state_.workers) {
    if (!is_served(queue, *worker)) continue;
    if (!are_all_waiting(*worker, queue, with_running_tasks)) return false;
    served = true;
  }
  return served;
}

bool Serving::has_tasks_of(const Queue& queue, ClientHandle client) const {
  return queue.ready.has_tasks_of(client) || clients_with_running_tasks(queue).contains(client);
}

Serving::Clients Serving::clients_with_running_tasks(const Queue& queue) const {
  Clients clients;
  for (const auto& [handle, worker] : state_.workers)
    for (const Task* task : worker->holding.by_seq())
      if (task->queue() == &queue) clients.insert(task->client());
  return clients;
}

bool Serving::are_all_waiting(const Worker& worker, const Queue& queue, const Clients& with_running_tasks) const {
  if (worker.has_idle_child() || worker.instance == 0) return false;
  std::set<std::uint32_t> waiting;  // process ids of children
  for (const auto& [handle, client] : state_.clients) {
    if (client->child_of != worker.instance) continue;
    if (queue.ready.has_tasks_of(handle) || with_running_tasks.contains(handle)) waiting.insert(client->session.pid);
  }
  return waiting.size() >= worker.info.children;
}

std::uint64_t Serving::finished(const Queue& queue) const {
  std::uint64_t count = 0;
  for (const auto& [handle, worker] : state_.workers)
    if (is_served(queue, *worker)) count += worker->ended.finished + worker->ended.lost;
  return count;
}

std::string Serving::why_waiting(const Task& task) const {
  switch (task.state) {
    case State::scheduled:
      return task.attempts.value() > 0 ? "waits for its next attempt" : "is not due yet";
    case State::ready: {
      if (auto held = why_held_back(state_, *task.queue(), task.spec->name)) return std::move(held->text);
      std::string reason = why_unserved(*task.queue(), task.type());
      return reason.empty()
                 ? "waits for a free process; " + std::to_string(task.queue()->ready.size()) + " ready in its queue"
                 : reason;
    }
    case State::running:
      return task.cancelling.requested ? "was asked to stop" : "";
    default:
      return {};
  }
}

}  // namespace forkmill::broker
