// Retries: which tasks are tried again after an attempt, and how long they wait before.
#pragma once

#include "broker/core/tasks/task.h"
#include "proto/clock.h"

namespace forkmill::broker {

// Returns whether a task whose attempt ended with `outcome`, which has an error, is tried again. claimed_end: the
// attempt has claimed an end of a pipe that was lent to the task, so that a further attempt would lack it.
bool may_retry(const Task& task, const proto::Outcome& outcome, bool claimed_end);

// Returns how long the task waits for its next attempt. ended_with: the outcome of the attempt before; asked: what the
// handler asked for if that is OutcomeKind::retry, negative if nothing.
Instant retry_wait(const Task& task, proto::OutcomeKind ended_with, milliseconds asked);

}  // namespace forkmill::broker
