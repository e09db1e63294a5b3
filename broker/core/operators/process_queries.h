// ProcessQueries: queries of operators about the processes of broker and workers, and signals of operators to tasks
// with a process of their own.
#pragma once

#include "broker/core/lifecycle/attempts.h"
#include "broker/core/lifecycle/cancels.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class ProcessQueries {
 public:
  ProcessQueries(BrokerState& state, Attempts& attempts, Cancels& cancels, Processes& processes, const SelfReport& self)
      : state_{state}, attempts_{attempts}, cancels_{cancels}, processes_{processes}, self_{self} {}

  // Sends the signal to the process of a task that runs; cancels a task that waits. `task`: the one that the query
  // names, or null.
  proto::Reply signal(const proto::Query& query, Task* task);
  proto::Reply list(const proto::Query& query) const;

 private:
  BrokerState& state_;
  Attempts& attempts_;
  Cancels& cancels_;
  Processes& processes_;
  const SelfReport& self_;
};

}  // namespace forkmill::broker
