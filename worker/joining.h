// Joining with an invitation, before a worker starts.
#pragma once

#include <string>

#include "proto/result.h"
#include "proto/transport/joining/join.h"

namespace forkmill::worker {

// Does what proto::join() does, in a fork of this process: it makes threads, which a worker that forks must not have.
// Waits for the broker without end, and says on stderr why there is no connection. `file`: as for JoinRequest.
proto::Result<proto::Joined> join_in_fork(const std::string& invitation, const std::string& file);

}  // namespace forkmill::worker
