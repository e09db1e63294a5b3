// Namesakes: tasks of two principals under one id. Ids that are made of keys are no secret, so that a principal could
// learn of, take over or block a task of another one by its key. A submission therefore names only tasks of its own
// principal: if a task of another one has its id, it gets another id in the table, and its owner never learns of that
// (Owner::renamed, TaskSpec::owners_id).
#pragma once

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Returns whether a task of another principal has this id. `known`: the task in memory that has it, or null.
bool is_namesake(const BrokerState& state, const Client& client, const TaskId& id, const Task* known);

// Gives a submission, of which is_namesake() is true, an id that is free.
void rename(const BrokerState& state, const Client& client, proto::Submission& submission);

}  // namespace forkmill::broker
