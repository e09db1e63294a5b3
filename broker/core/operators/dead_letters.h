// DeadLetters: commands of operators about tasks that failed for good.
#pragma once

#include <string_view>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/operators/answers/replies.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/submission/letter_retry.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

class DeadLetters {
 public:
  DeadLetters(BrokerState& state, Submissions& submissions, Retention& retention)
      : state_{state}, submissions_{submissions}, retention_{retention} {}

  // retry() never changes a finished task: it submits another one and drops the dead letter (letter_retry.h). A client
  // that missed the reply repeats the command with the same new id, which then does nothing and succeeds. `task`:
  // resident, or null if it is unknown to the client. The bodies have the id.
  ReplyBody retry(Client& client, const proto::RetryDeadLetter& command, Task* task);
  ReplyBody retry(Client& client, const proto::RetryEdited& command, Task* task);
  ReplyBody drop(const Client& client, const proto::DropDeadLetter& command, Task* task);

 private:
  ReplyBody retry(Client& client, std::string_view named, const TaskId& new_id, Task* task,
                  const LetterChanges& changes);
  bool is_done(const Client& client, const TaskId& new_id) const;
  proto::Status check(const Client& client, std::string_view named, const Task* task) const;

  BrokerState& state_;
  Submissions& submissions_;
  Retention& retention_;
};

}  // namespace forkmill::broker
