// The host: the process of a broker of a cluster with several shards. It has no thread and does no work of a broker: it
// forks a process for each shard, which stands by for it and serves it, and a door, starts again what ends, and says in
// the database that this broker lives.
//
//     host ──fork──▶ door      listens on the broker's endpoints, and sends peers on to the owners of the shards
//       │ └──fork──▶ shard 1   a broker as without shards; waits until shard 1 is free and this broker is chosen for it
//       │            shard 2   …
//       └──▶ database          is alive; who else is; who owns what
//
// When this broker has a shard for which another one is chosen, the host ends the process of the shard in order, and
// starts it again, to stand by.
#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <memory>

#include "broker/options.h"

namespace forkmill::broker {

// Runs until SIGTERM or SIGINT, and ends all processes in order then. SIGHUP goes on to all processes. The signals of
// block_signals() must be blocked. `serve` is called in the process of each shard, with the options of that. Returns
// the exit code. Throws StoreError if the database cannot be used.
int run_host(const ProgramOptions& options, const std::shared_ptr<spdlog::logger>& log,
             const std::function<int(ProgramOptions)>& serve);

}  // namespace forkmill::broker
