// The rules of the outcome with which a future ends: a success is that of an attempt, and a failure has a reason.
#pragma once

#include "tests/sim/rules/task_records.h"

namespace forkmill::sim {

// `known_before`: the client had been told that the broker has the task. Throws Violation.
void check_outcome(TaskRecords& records, const FutureRecord& future, const proto::Outcome& outcome, bool known_before);

}  // namespace forkmill::sim
