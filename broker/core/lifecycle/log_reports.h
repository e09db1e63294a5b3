// LogReports: takes what workers say of the logs of attempts. Logs are fenced as outcomes are: only the worker that
// holds the grant may add to them, and after the attempt's end only the worker that has reported it and has announced
// more. Everything else is dropped without a word: a worker may not know yet that it has lost an attempt. A broker that
// is short of memory drops the texts, too.
#pragma once

#include <string_view>

#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class LogReports {
 public:
  LogReports(BrokerState& state, TaskGrants& grants) : state_{state}, grants_{grants} {}

  void handle(Worker& worker, const proto::Logs& logs);

 private:
  void take_without_texts(const Worker& worker, const proto::LogNote& note);

  BrokerState& state_;
  TaskGrants& grants_;
};

// Tells a worker that has begun a session the limits of its queues that are not those of WELCOME.
void tell_log_limits(BrokerState& state, Worker& worker);
// Tells the workers of the queue its limit, which has changed.
void tell_log_limit(BrokerState& state, std::string_view queue);

}  // namespace forkmill::broker
