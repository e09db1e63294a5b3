// Attempts: what happens to a task from its grant to its end. Only the current grant counts, and only from the worker
// that has it.
#pragma once

#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Attempts {
 public:
  Attempts(BrokerState& state, Deliveries& deliveries) : state_{state}, deliveries_{deliveries} {}

  // Taken out of its queue for `worker`.
  void grant(Task& task, Worker& worker);

  void record_outcome(Worker& worker, const proto::OutcomeRecord& record);
  // Came back unstarted: no attempt was made.
  void hand_back(Worker& worker, Task& task);
  // The worker is gone, and what it ran with it.
  void worker_lost(Worker& worker, const std::string& why);

  // The task `worker` holds under exactly this grant, or null.
  Task* held(Worker& worker, const proto::Grant& grant);

  // A task that ran under an earlier broker on this store, and still does with `worker`: the grant stands.
  void adopt(Task& task, Worker& worker, const proto::Grant& grant);
  // A task that must not run twice and is in nobody's hands, not even in line: nobody knows how far it came.
  void lose(Task& task, const std::string& why);

  // Ends a task that does not run.
  void finish_unstarted(Task& task, Event event, Errc code, std::string message);

 private:
  static void assign(Worker& worker, Task& task);
  void unassign(Worker& worker, Task& task);
  bool may_retry(const Task& task, const proto::Outcome& outcome) const;
  void retry(Task& task, const proto::OutcomeRecord& record);
  void finish(Task& task, Event event, proto::Outcome outcome);
  Instant backoff(const Task& task) const;

  BrokerState& state_;
  Deliveries& deliveries_;
};

}  // namespace forkmill::broker
