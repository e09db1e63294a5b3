// Id collisions: tasks of two principals under one id. Ids that are made of keys are no secret, so that a principal
// could learn of, take over or block a task of another one by its key. A submission therefore names only tasks of its
// own principal: if a task of another one has its id, it gets another id in the table, and its owner never learns of
// that (Owner::renamed, TaskSpec::owners_id).
#pragma once

#include <optional>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Gives the submission the id that its task has in the table, if the client's principal has such a task already.
void use_id_in_table(const Client& client, proto::Submission& submission);

// Returns whether a task of another principal has the id of a submission. `known`: the task in memory that has this id,
// or null. `paged_out`: the one on disk, or none.
bool is_id_collision(const Client& client, const Task* known, const std::optional<PagedOutEntry>& paged_out);

// Gives a submission, of which is_id_collision() is true, an id that is free.
void rename(const BrokerState& state, const Client& client, proto::Submission& submission);

}  // namespace forkmill::broker
