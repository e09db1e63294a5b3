// Chances of operations on a simulated disk to fail.
#pragma once

namespace forkmill::sim {

struct DiskErrors {
  double read = 0;
  double write = 0;
  double sync = 0;
  double name = 0;  // making, opening, renaming and removing files
};

}  // namespace forkmill::sim
