// DeadLetters: what an operator does about tasks that failed for good.
#pragma once

#include "broker/core/lifecycle/intake.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class DeadLetters {
 public:
  DeadLetters(BrokerState& state, Intake& intake, Retention& retention)
      : state_{state}, intake_{intake}, retention_{retention} {}

  // A finished task is never changed: another one is submitted with the same arguments and options, as soon as it may
  // start, and the dead letter is dropped. A client that missed the answer asks again with the same new id: what was
  // done is not done again, and succeeds. The task is near, or null when nobody knows it.
  proto::Reply retry(Client& client, const proto::Query& query, Task* task);
  proto::Reply drop(const proto::Query& query, Task* task);

 private:
  static proto::Status check(const proto::Query& query, const Task* task);

  BrokerState& state_;
  Intake& intake_;
  Retention& retention_;
};

}  // namespace forkmill::broker
