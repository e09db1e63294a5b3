// TaskChanger: carries out a change of many tasks for one of them.
#pragma once

#include <string_view>

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/operators/bulk/bulk_change.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

class TaskChanger {
 public:
  TaskChanger(BrokerState& state, Submissions& submissions, Retention& retention, Cancels& cancels)
      : state_{state}, submissions_{submissions}, retention_{retention}, cancels_{cancels} {}

  // Changes the task, or skips it, and counts it. The task may be gone from memory afterwards.
  void change(BulkChange& change, const TaskRef& ref);

 private:
  struct Done;

  Done carry_out(const BulkChange& change, Task& task);
  Done cancel(const BulkChange& change, Task& task);
  Done retry(const BulkChange& change, Task& letter);
  Done drop(Task& letter);
  Done move(Task& task, const std::string& queue, int priority);
  Done move_to(Task& task, const Requeue& op);

  BrokerState& state_;
  Submissions& submissions_;
  Retention& retention_;
  Cancels& cancels_;
};

}  // namespace forkmill::broker
