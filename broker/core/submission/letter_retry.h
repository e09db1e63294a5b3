// Letter retry: an operator has a dead letter tried again, alone or as one of many.
#pragma once

#include <string_view>

#include "broker/core/lifecycle/retention.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

// Submits another task for the client, with this id and the arguments and options of the letter, and drops the letter.
// The new task has no delay, no key, which names the task that failed, and does not end with its submitter, since the
// client may be about to leave. `queue`: where it goes; empty: the queue of the letter. An error changes nothing.
proto::Status retry_letter(Submissions& submissions, Retention& retention, Client& client, Task& letter,
                           const TaskId& new_id, std::string_view queue = {});

}  // namespace forkmill::broker
