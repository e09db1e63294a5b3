// Mutants: disks and stores with a deliberate fault each, of the kind that a trial is there to find. They stand where
// a real disk and store stand: what they do wrong is what a store without the code in question would do wrong.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "broker/store/store.h"
#include "tests/sim/disk/disk.h"

namespace forkmill::sim {

struct Mutant {
  const char* name;
  const char* fault;  // for people
  DiskLies lies;
  std::function<std::unique_ptr<broker::Store>(std::unique_ptr<broker::Store>)> wrap;  // empty: as it is
  bool sealed_damage = false;  // rows are changed at rest so that their checksums match
};

std::span<const Mutant> mutants();

}  // namespace forkmill::sim
