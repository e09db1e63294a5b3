// The mutants of disks and stores: each has a deliberate fault that a trial must find. A mutant does wrong what a store
// without some of its code would do wrong.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "broker/store/journal/mutants.h"
#include "broker/store/store.h"
#include "tests/sim/disk/disk.h"

namespace forkmill::sim {

struct DiskMutant {
  const char* name;
  const char* fault;  // for the report
  DiskFaults faults;
  std::function<std::unique_ptr<broker::Store>(std::unique_ptr<broker::Store>)> wrap;  // empty: the store as it is
  bool sealed_damage = false;  // damage changes rows together with their checksums
  broker::JournalMutant journal = broker::JournalMutant::none;
};

std::span<const DiskMutant> disk_mutants();

}  // namespace forkmill::sim
