// Enclosure: the places that confine one child, if the worker has such places: the folder of its tasks and its control
// group. Enclosures: those of a worker.
#pragma once

#include <forkmill/worker_options.h>

#include <memory>
#include <optional>
#include <string>

#include "worker/confinement/account.h"
#include "worker/confinement/control_groups.h"
#include "worker/confinement/worker_folder.h"

namespace forkmill::worker {

struct Enclosure {
  std::string folder;  // holds the folders of the child's tasks; empty: they have none
  std::string group;   // the child's control group; empty: that of the worker
};

class Enclosures {
 public:
  // Folders belong to `owner`, if given. Throws std::system_error and CannotConfine.
  Enclosures(const WorkerOptions& options, const std::optional<Account>& owner);

  // Makes the enclosure of a child. `name` is the child's alone. Throws std::system_error.
  Enclosure add(const std::string& name);
  // Removes that of a child that has ended, with the processes and files that are left in it. Does not wait for that.
  void remove(const Enclosure& enclosure);
  // A process has been reaped that may have been the last one in an enclosure.
  void sweep();

 private:
  std::unique_ptr<WorkerFolder> folder_;
  std::unique_ptr<ControlGroups> groups_;
};

}  // namespace forkmill::worker
