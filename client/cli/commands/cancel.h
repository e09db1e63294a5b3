// Cancels tasks, for `task cancel` and `queue purge`.
#pragma once

#include <forkmill/client.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "client/cli/commands/connection.h"
#include "client/cli/views/json.h"

namespace forkmill::cli {

// The states of tasks that can be cancelled, in the order in which they are: waiting tasks first, so that none of them
// starts when a running one ends.
inline const std::vector<std::string> kWaitingStates{"scheduled", "ready"};
inline const std::vector<std::string> kUnfinishedStates{"scheduled", "ready", "running"};

// Returns the tasks in one of `states` that match `filter`, as rows of the answer to QUERY tasks.
std::vector<Json> tasks_in(Connection& connection, TaskFilter filter, const std::vector<std::string>& states);

// "cancelled", "running, requested to stop", "already finished", "unknown".
const char* cancel_text(CancelState state);

// Cancels the tasks of `rows`, many at a time, and passes each answer to `use`. Throws CommandError (unreachable) if
// the broker does not answer.
void cancel_rows(Connection& connection, const std::vector<Json>& rows,
                 const std::function<void(const std::string& id, CancelState state)>& use);

}  // namespace forkmill::cli
