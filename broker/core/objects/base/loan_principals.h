// LoanPrincipals: to which principals the clients and tasks belong that loans of pipe ends are about.
#pragma once

#include <optional>

#include "broker/core/objects/base/loans.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class LoanPrincipals {
 public:
  explicit LoanPrincipals(BrokerState& state) : state_{state} {}

  // Returns the principal of the client. Null: the client is gone, or there are too many principals.
  const Owner* owner_of(ClientHandle client) const;
  // Returns whether the broker has the task, and it has not ended.
  bool is_unfinished(const OwnedTask& task) const;
  // Returns whether a worker of the client's principal runs the task.
  bool is_run_by(ClientHandle client, const OwnedTask& task) const;
  // Returns the task with this id, which a worker of the client's principal runs. None: there is no such task.
  std::optional<OwnedTask> run_by(ClientHandle client, const TaskId& task) const;

 private:
  bool is_run_by(ClientHandle client, const Task* task) const;
  static TaskId id_in_table(const OwnedTask& task);

  BrokerState& state_;
};

}  // namespace forkmill::broker
