// Duplicates: submissions of a task that the broker knows already, by its id or key. A client repeats a submission
// when it does not know whether the first one arrived, and clients may share a key. The task stays one, unless the
// bodies differ. Functions fail with duplicate_task then.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/state/broker_state.h"
#include "proto/status.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// TaskBody: what a submission asks for under its id: task name, signature and arguments.
struct TaskBody {
  TaskId id;
  std::uint64_t hash;  // proto/body_hash.h
};
TaskBody body_of(const proto::Submission& submission);

// Whether another task may take the place of `task` under its key. A dead letter is kept for longer than its key names
// it.
bool key_is_free(const BrokerState& state, const Task& task);

// Gives the client the result of `task` too, which is in memory.
proto::Status repeat_submission(Deliveries& deliveries, Client& client, Task& task, const proto::Submission& submission,
                                std::uint64_t body);
// Checks a submission whose task is on disk. Tasks that a message names are in memory when it is handled, so the same
// message has submitted this one: it is among `left_on_disk`.
proto::Status repeat_submission_on_disk(const std::vector<TaskBody>& left_on_disk, const TaskBody& body,
                                        const proto::Submission& submission);

}  // namespace forkmill::broker
