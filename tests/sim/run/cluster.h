// Cluster: one broker, clients and workers, run from one seed to the end: first tasks come in and things go wrong, then
// nothing goes wrong any more and everything must come to its end within bounded time.
#pragma once

#include "tests/sim/run/faults.h"

namespace forkmill::sim {

struct Report {
  std::string violation;    // empty: none
  std::uint64_t trace = 0;  // equal for equal options
  std::uint64_t events = 0;
  std::uint64_t lines = 0;  // of the trace
  std::uint64_t faults = 0;
  std::uint64_t visits = 0;
  Instant virtual_time{0};
  Counts counts;
};

// A broken assumption of the rules and an exception out of them are violations as well.
Report simulate(const Options& options, bool verbose);

}  // namespace forkmill::sim
