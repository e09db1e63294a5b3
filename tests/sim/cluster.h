// Cluster: one broker, clients and workers, run from one seed to the end: first tasks come in and things go wrong, then
// nothing goes wrong any more and everything must come to its end within bounded time.
#pragma once

#include "tests/sim/faults.h"

namespace forkmill::sim {

struct Report {
  std::uint64_t trace = 0;  // equal for equal seeds
  std::uint64_t events = 0;
  Instant virtual_time{0};
  Counts counts;
};

// Throws Violation.
Report simulate(const Options& options, bool verbose);

}  // namespace forkmill::sim
