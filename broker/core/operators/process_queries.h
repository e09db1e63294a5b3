// ProcessQueries: queries of operators about the processes of broker and workers, and about tasks with a process of
// their own.
#pragma once

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/core/operators/self_report.h"
#include "broker/core/peers/processes.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class ProcessQueries {
 public:
  ProcessQueries(const BrokerState& state, TaskGrants& grants, const Processes& processes, const SelfReport& self)
      : state_{state}, grants_{grants}, processes_{processes}, self_{self} {}

  // Leaves out what tells of tasks that the client may not see.
  ReplyBody list(const Client& client) const;
  // `task`: the task that the query names and the client may see, or null.
  ReplyBody state(const Client& client, const std::string& named, const Task* task) const;

 private:
  const BrokerState& state_;
  TaskGrants& grants_;
  const Processes& processes_;
  const SelfReport& self_;
};

}  // namespace forkmill::broker
