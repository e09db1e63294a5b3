// From the options of `forkmill map` to the way in which its jobs run.
#pragma once

#include <cstddef>
#include <string>

#include "client/cli/commands/connection.h"
#include "client/cli/commands/map/exec_fleet.h"
#include "client/cli/commands/map/options.h"

namespace forkmill::cli {

// Commands run in the current folder with the umask of this process if the broker is on this machine, else in those of
// the worker. Throws UsageError if that folder has been removed, or if an environment variable does not exist.
ExecFleet::Options fleet_options(const MapOptions& options, const ConnectionOptions& connection);

// The processes of the workers that run commands of this queue. Blocks until the broker has answered.
std::size_t processes_for(Connection& connection, const std::string& queue);

}  // namespace forkmill::cli
