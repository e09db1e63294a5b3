// Trial: brokers that race for the tasks in one database, from a seed. Servers crash and are promoted, connections are
// lost at each step, brokers die and are paused, and what they find and acknowledge is checked by its lineage.
#pragma once

#include <cstdint>

#include "tests/sim/postgres/trial/chances.h"
#include "tests/sim/postgres/trial/mutants.h"

namespace forkmill::sim {

struct ServerTrialReport {
  std::uint64_t trace = 0;  // equal for equal seeds
  TrialCounts counts;
};

// Throws Violation. `mutant` may be null.
ServerTrialReport run_server_trial(std::uint64_t seed, const ServerMutant* mutant, bool verbose);

}  // namespace forkmill::sim
