// Backups: makes backups of the store while it is in use, and restores each of them after the end of that life.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/disk/trial/steps.h"
#include "tests/sim/disk/trial/subject.h"

namespace forkmill::sim {

class Backups {
 public:
  Backups(Subject& subject, Steps& steps) : subject_{subject}, steps_{steps} {}

  // Makes a backup, with commits between its steps. A backup may fail without harm. Returns false if the store has
  // failed.
  bool make();
  // Restores the backups that were complete and compares each with its commit. Throws Violation.
  void check();
  // Forgets the backups, as they may be damaged.
  void clear() { copies_.clear(); }

 private:
  struct Copy {
    std::string path;
    StoreState state;  // as of the last commit before the backup was complete
  };
  void check(const Copy& copy);

  Subject& subject_;
  Steps& steps_;
  std::vector<Copy> copies_;
};

}  // namespace forkmill::sim
