// Letter retry: an operator has a dead letter tried again, alone or as one of many.
#pragma once

#include <string_view>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

// LetterChanges: what the new task has that the letter has not.
struct LetterChanges {
  std::string_view queue{};                   // empty: the queue of the letter
  const proto::Payload* arguments = nullptr;  // null: those of the letter
  std::string_view label{};                   // used with other arguments only
};

// Submits another task for the client, with this id and the arguments and options of the letter, and drops the letter.
// The new task has no delay, no key, which names the task that failed, and does not end with its submitter, since the
// client may be about to leave. An error changes nothing.
proto::Status retry_letter(Submissions& submissions, Retention& retention, Client& client, Task& letter,
                           const TaskId& new_id, const LetterChanges& changes);

}  // namespace forkmill::broker
