// Requests: the things that clients and operators ask for beside results: cancellations, signals, and the retry or drop
// of dead letters.
#pragma once

#include <string>

#include "tests/sim/rules/process_history.h"
#include "tests/sim/rules/task_records.h"
#include "tests/sim/rules/task_views.h"

namespace forkmill::sim {

// Each function throws Violation if the event breaks a rule.
class Requests {
 public:
  Requests(TaskRecords& records, ProcessHistory& processes, const TaskViews* views)
      : records_{records}, processes_{processes}, views_{views} {}

  // A client wants the task cancelled.
  struct CancelOrder {
    TaskId id;
    std::uint64_t asked_of = 0;  // the broker
    bool certain = false;        // the broker certainly had the task at that time
    bool safe = false;           // and certainly has it after a restart: it was acknowledged, and is stored
  };
  CancelOrder cancel_asked(const TaskId& id);
  void cancel_answered(const CancelOrder& order, proto::CancelState state);
  // Call when the broker reports that the task is cancelled.
  void cancelled(const TaskId& id);

  // A client wants a signal sent to the process of the task. A task that has not started is cancelled instead.
  void signal_asked(const TaskId& id) { (void)cancel_asked(id); }
  struct Signalled {
    TaskId id;
    int signal = 0;
    std::string state;
  };
  // `again`: the answer is repeated to a client that has come back.
  void signal_answered(const Signalled& answer, bool again);

  // An operator wants a dead letter to be tried again as another task, or dropped.
  struct DeadOrder {
    TaskId id;
    TaskId new_id;               // nil: drop the dead letter
    std::uint64_t asked_of = 0;  // the broker
    bool certain = false;        // the task certainly was a dead letter at that time
  };
  // An operator wants tasks moved to other queues.
  void move_asked() {
    if (Model* model = records_.model()) model->tasks_move();
  }
  DeadOrder dead_asked(const TaskId& id, const TaskId& new_id);
  void dead_answered(const DeadOrder& order, Errc code);

 private:
  bool is_certainly_there(const TaskId& id) const;

  TaskRecords& records_;
  ProcessHistory& processes_;
  const TaskViews* views_;  // null: there is no model
};

}  // namespace forkmill::sim
