// What a task's end looks like to its submitter: the exception for an outcome that is not a success.
#pragma once

#include <exception>

#include "proto/wire/messages.h"

namespace forkmill::client {

// lost_by_broker: the broker had acknowledged the task, and now does not know it.
std::exception_ptr exception_of(const proto::Outcome& outcome, const TaskId& id, bool lost_by_broker);

// The same for a query that was answered with an error, or not at all.
std::exception_ptr exception_of(Errc code, const std::string& text);

}  // namespace forkmill::client
