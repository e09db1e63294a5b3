// Cluster: one broker, clients and workers, run from one seed to the end. First tasks come in and things go wrong; then
// nothing goes wrong any more, and everything must end within bounded time.
#pragma once

#include "tests/sim/rules/report.h"
#include "tests/sim/world/options.h"

namespace forkmill::sim {

// Runs one cluster, of one broker or of several shards. A broken assumption of the rules or an exception is reported as
// a violation as well.
Report simulate(const Options& options, bool verbose);

}  // namespace forkmill::sim
