// TaskGrants: gives tasks to workers and takes them back; the rules of a task from its grant to its end: outcome,
// loss, hand-back. Which tasks are tried again, and when, is in retries.h. Grants are fenced: only the current one
// counts, and only from the worker that has it.
#pragma once

#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/objects/objects.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class TaskGrants {
 public:
  TaskGrants(BrokerState& state, Deliveries& deliveries, Objects& objects)
      : state_{state}, deliveries_{deliveries}, objects_{objects} {}

  // Grants a task that was popped from its queue to `worker`.
  void grant(Task& task, Worker& worker);

  void record_outcome(Worker& worker, proto::OutcomeRecord&& record);
  // Takes back a task that `worker` returns unstarted; the attempt does not count. The task goes back to its place in
  // the queue, unless it was cancelled, sent a signal, or is over its deadline.
  void hand_back(Worker& worker, Task& task);
  // Ends the attempts of all tasks that the worker holds, because it is gone. `why`: the message of their errors.
  void worker_lost(Worker& worker, const std::string& why);

  // Returns the task that `worker` holds under exactly this grant, or null.
  Task* held(Worker& worker, const proto::Grant& grant);

  // Gives `worker` a task that it has run since an earlier broker on this store: the grant stands.
  void adopt(Task& task, Worker& worker, const proto::Grant& grant);
  // Ends a task that must not run twice and that no worker and no lane has, as lost: its progress is unknown.
  void lose(Task& task, const std::string& why);

  // Ends a task that does not run.
  void finish_unstarted(Task& task, Event event, Errc code, std::string message);

 private:
  void assign(Worker& worker, Task& task);
  void unassign(Worker& worker, Task& task);
  std::uint64_t run_time(const Task& task, const proto::OutcomeRecord& record) const;
  void note_log(const Task& task, const Worker& worker, const proto::OutcomeRecord& record);
  void count_end(const Task& task, const proto::OutcomeRecord& record);
  void retry(Task& task, const proto::Outcome& outcome, milliseconds delay);
  void finish(Task& task, Event event, proto::Outcome&& outcome);
  void note_for_history(const Task& task);

  BrokerState& state_;
  Deliveries& deliveries_;
  Objects& objects_;
};

}  // namespace forkmill::broker
