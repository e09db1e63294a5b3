// LoanTransfers: carries loans from one bearer to the next: aboard values as operations arrive, to clients with the
// answers that bring them the values, and out of tasks that end. Pipes keep account of it (kinds/pipe_loans.h).
#pragma once

#include "broker/core/objects/base/loans.h"
#include "broker/core/objects/directory.h"
#include "broker/core/objects/operation_answers.h"
#include "broker/core/objects/wait_lines.h"

namespace forkmill::broker {

class LoanTransfers {
 public:
  LoanTransfers(BrokerState& state, Loans& loans, ObjectDirectory& directory, OperationAnswers& operations,
                WaitLines& lines)
      : state_{state}, loans_{loans}, directory_{directory}, operations_{operations}, lines_{lines} {}

  // Puts the ends of pipes that travel with the client's operation aboard its values.
  void attach(ClientHandle client, proto::Operation& operation);
  // Tells pipes of the loans that went out with answers, and of those whose values are gone.
  void settle();
  // Call when the object is removed: if it is a pipe, its loans end.
  static void end_object(Object& object);
  // Call when the task has ended: ends the loans among its arguments. Those in its result go to its client.
  void end_task(const Task& task);

 private:
  BrokerState& state_;
  Loans& loans_;
  ObjectDirectory& directory_;
  OperationAnswers& operations_;
  WaitLines& lines_;
};

}  // namespace forkmill::broker
