// How a worker presents itself to the broker, and what its rules have to know of the pool.
#pragma once

#include <string>

#include "proto/wire/messages.h"
#include "worker/link/link.h"
#include "worker/rules/pool_state.h"

namespace forkmill::worker {

// The option --name, or HOST-PID of the supervisor.
std::string name_of(const LinkSetup& setup);

// Reads the seal keys. Throws proto::TransportError if they cannot be used.
ForemanConfig config_of(const LinkSetup& setup);

proto::Hello hello_of(const LinkSetup& setup);

}  // namespace forkmill::worker
