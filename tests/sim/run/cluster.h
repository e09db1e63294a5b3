// Cluster: one broker, clients and workers, run from one seed to the end. First tasks come in and things go wrong; then
// nothing goes wrong any more, and everything must end within bounded time.
#pragma once

#include "tests/sim/run/faults.h"

namespace forkmill::sim {

struct Report {
  std::string violation;    // empty: none
  std::uint64_t trace = 0;  // equal for equal options
  std::uint64_t events = 0;
  std::uint64_t lines = 0;  // lines of the trace
  std::uint64_t faults = 0;
  std::uint64_t visits = 0;
  Instant virtual_time{0};
  Counts counts;
};

// Runs one cluster. A broken assumption of the rules or an exception is reported as a violation as well.
Report simulate(const Options& options, bool verbose);

}  // namespace forkmill::sim
