// Trial: the life of one data directory on one simulated disk, from a seed. A store is opened, written to, killed, cut
// off from power, failed by its disk and opened again, and what it gives back is compared with a model.
//
// The rules: after each opening exactly what some commit left is there, no acknowledged commit is missing, and epoch
// and numbers rise. After a failure the store does nothing more. Damage is refused, or does no harm.
#pragma once

#include <cstdint>

#include "tests/sim/disk/trial/counts.h"
#include "tests/sim/disk/trial/mutants.h"

namespace forkmill::sim {

struct TrialReport {
  std::uint64_t trace = 0;  // equal for equal seeds
  TrialCounts counts;
};

// Throws Violation. `mutant` may be null.
TrialReport run_trial(std::uint64_t seed, const DiskMutant* mutant, bool verbose);

}  // namespace forkmill::sim
