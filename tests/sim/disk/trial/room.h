// Room: lets the store make room on its disk, as a broker does while the disk counts as full, and compares what the
// store says about that with its files.
#pragma once

#include "tests/sim/disk/trial/steps.h"
#include "tests/sim/disk/trial/subject.h"

namespace forkmill::sim {

class Room {
 public:
  Room(Subject& subject, Steps& steps) : subject_{subject}, steps_{steps} {}

  // Lets the store make room, in steps with commits between them. At the end of that, all that was committed is in the
  // database without the store's own journal. Returns false if the store failed, and had a reason. Throws Violation.
  bool make();
  // Compares what the store says that its files can take without growing with their pages. Throws Violation. REQUIRES:
  // the store has opened or made room, and has committed nothing since.
  void check_reusable();

 private:
  proto::Result<bool> take_step();
  void check_moved();

  Subject& subject_;
  Steps& steps_;
};

}  // namespace forkmill::sim
