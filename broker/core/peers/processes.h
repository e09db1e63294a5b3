// Processes: tasks with a process of their own, and the processes of workers. Tells clients in which process a task
// runs, passes signals on to workers, and ends the sessions of clients whose process has ended.
#pragma once

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/objects/objects.h"
#include "broker/core/peers/child_clients.h"
#include "broker/core/peers/sessions.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Processes {
 public:
  Processes(BrokerState& state, TaskGrants& grants, Sessions& sessions, const ChildClients& children,
            const Objects& objects)
      : state_{state}, grants_{grants}, sessions_{sessions}, children_{children}, objects_{objects} {}

  void handle(Worker& worker, const proto::Started& started);
  // Tells a client that asks for the task, or came back, where the task runs.
  void repeat(Client& client, const Task& task);
  void repeat_all(Client& client);

  // Sends a signal to the process of a task that runs.
  void signal(Task& task, int number);
  // Forgets the signals up to that number: the worker has heard of them.
  static void forget_heard(Worker& worker, std::uint64_t number);
  // Sends the signals again that a worker, which came back, has not heard of.
  void repeat_signals(Worker& worker);

  void handle(const Worker& worker, const proto::ChildrenGone& gone);

  // Whether a client in that process waits for a named object. `worker`: its instance.
  bool waits(std::uint64_t worker, std::uint32_t pid) const;
  bool waits(const Task& task) const;

 private:
  BrokerState& state_;
  TaskGrants& grants_;
  Sessions& sessions_;
  const ChildClients& children_;
  const Objects& objects_;
};

}  // namespace forkmill::broker
