// Trial: the life of one data directory on one simulated disk, from a seed. A store is opened, written to, killed, cut
// off from power, failed by its disk and opened again, and what it gives back is compared with a model.
//
// What must hold: after each opening exactly what some commit left is there, none that was acknowledged is missing,
// epoch and numbers rise. After a failure the store does nothing more. Damage is refused, or does no harm.
#pragma once

#include <stdexcept>

#include "tests/sim/disk/mutants.h"

namespace forkmill::sim {

class Wrong : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct TrialCounts {
  std::uint64_t openings = 0;
  std::uint64_t commits = 0;  // acknowledged
  std::uint64_t kills = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t failures = 0;  // of the store, because of its disk
  std::uint64_t damaged = 0;   // directories
  std::uint64_t refused = 0;   // of these
  std::uint64_t backups = 0;   // restored
  TrialCounts& operator+=(const TrialCounts& other);
};

struct TrialReport {
  std::uint64_t trace = 0;  // equal for equal seeds
  TrialCounts counts;
};

// Throws Wrong. `mutant` may be null.
TrialReport run_trial(std::uint64_t seed, const Mutant* mutant, bool verbose);

}  // namespace forkmill::sim
