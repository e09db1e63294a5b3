// Steps: the calls that a broker makes of an open store, each with its check. A step returns false if the store failed,
// and had a reason. Each throws Violation.
#pragma once

#include "tests/sim/disk/trial/subject.h"

namespace forkmill::sim {

class Steps {
 public:
  explicit Steps(Subject& subject) : subject_{subject} {}

  // Applies some changes, to the store and to the model.
  bool apply();
  // Commits what was applied.
  bool commit();
  // Fetches some tasks and compares them with the model.
  bool fetch();
  bool prepare();

 private:
  Subject& subject_;
};

}  // namespace forkmill::sim
