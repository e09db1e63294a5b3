// Runs a cluster with several shards from one seed to the end, as run/cluster.h runs one with one broker: first tasks
// come in and things go wrong; then nothing goes wrong any more, and everything must end within bounded time.
#pragma once

#include "tests/sim/rules/report.h"
#include "tests/sim/world/options.h"

namespace forkmill::sim {

// REQUIRES: the options have several shards.
Report simulate_sharded(const Options& options, bool verbose);

}  // namespace forkmill::sim
