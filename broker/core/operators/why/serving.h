// Serving: which workers serve a queue, and why a task waits.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"

namespace forkmill::broker {

// Unserved: ready tasks of one queue and task type that no connected worker takes, and why.
struct Unserved {
  std::string queue;
  std::string name;
  std::size_t count;
  std::string reason;
};

// Why tasks wait in a queue whose children all wait for such tasks, and the way out.
extern const char* const kNestedWait;

class Serving {
 public:
  Serving(BrokerState& state, const Registry& registry) : state_{state}, registry_{registry} {}

  // Returns at most kMaxUnserved rows, of the tasks that the client may see.
  std::vector<Unserved> unserved(const Client& asker) const;
  static constexpr std::size_t kMaxUnserved = 1000;
  // Returns why the task waits. Empty: it does not wait.
  std::string why_waiting(const Task& task) const;
  std::size_t workers_of(const Queue& queue) const;
  // Whether the worker serves the queue and has the type.
  bool could_run(const Worker& worker, const Queue& queue, TaskTypeId type) const;
  // Returns the workers that could run tasks of this type.
  std::vector<const Worker*> takers(const Queue& queue, TaskTypeId type) const;
  // Returns why no worker takes tasks of this type. Empty: a worker takes them.
  std::string why_unserved(const Queue& queue, TaskTypeId type) const;
  // Whether no child is free in the workers of the queue, tasks wait in it, and each child has submitted tasks that
  // wait in it or run in other children: if the children wait for these, no task ever starts.
  bool may_wait_for_itself(const Queue& queue) const;
  // Whether tasks of the client wait in the queue, or run in workers that serve it.
  bool has_tasks_of(const Queue& queue, ClientHandle client) const;
  // Tasks that the workers of the queue have finished.
  std::uint64_t finished(const Queue& queue) const;

 private:
  using Clients = std::unordered_set<ClientHandle>;
  using TypeCount = std::pair<TaskTypeId, std::size_t>;
  // Returns how many ready tasks of each type the queue has that the client may see.
  static std::vector<TypeCount> seen_types(const Queue& queue, const Client& asker);
  Clients clients_with_running_tasks(const Queue& queue) const;
  bool are_all_waiting(const Worker& worker, const Queue& queue, const Clients& with_running_tasks) const;
  bool is_served(const Queue& queue, const Worker& worker) const;

  BrokerState& state_;
  const Registry& registry_;
};

}  // namespace forkmill::broker
