// The exceptions by which a submitter learns that a task or a query has not succeeded.
#pragma once

#include <exception>

#include "proto/wire/messages.h"

namespace forkmill::client {

// Null for a success. lost_by_broker: the broker had acknowledged the task, and does not know it now.
std::exception_ptr exception_of(const proto::Outcome& outcome, const TaskId& id, bool lost_by_broker);

// For a query that was answered with an error, or not answered at all.
std::exception_ptr exception_of(Errc code, const std::string& text);

}  // namespace forkmill::client
