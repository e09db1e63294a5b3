// Tasks to cancel, for `task cancel`.
#pragma once

#include <forkmill/client.h>

#include <string>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// The states of tasks that can be cancelled, in the order in which they are: waiting tasks first, so that none of them
// starts when a running one ends.
inline const std::vector<std::string> kUnfinishedStates{"scheduled", "ready", "running"};

// Returns the tasks in one of `states` that match `filter`, as rows of the answer to QUERY tasks.
std::vector<Json> tasks_in(Connection& connection, TaskFilter filter, const std::vector<std::string>& states);

// "cancelled", "running, requested to stop", "already finished", "unknown".
const char* cancel_text(CancelState state);

}  // namespace forkmill::cli
