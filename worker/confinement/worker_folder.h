// WorkerFolder: the folder that holds the folders of one worker's children, and in them those of tasks. The worker
// removes it when it ends. What a killed worker has left is removed by the next one that starts with the same parent.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "proto/os/descriptor.h"
#include "worker/confinement/account.h"

namespace forkmill::worker {

class WorkerFolder {
 public:
  // Makes the folder in `parent`, which is made if there is none, and holds a lock on it. Removes those in `parent`
  // which no living worker holds, in a process of its own. The folders of children belong to `owner`, if given. Throws
  // std::system_error.
  WorkerFolder(const std::string& parent, const std::optional<Account>& owner);
  // Removes the folder with all that is in it. All children must have ended.
  ~WorkerFolder();
  WorkerFolder(const WorkerFolder&) = delete;
  WorkerFolder& operator=(const WorkerFolder&) = delete;

  // Makes the folder of a child, and returns its path. Throws std::system_error.
  std::string add(const std::string& name);
  // Removes the folder of a child that has ended, in a process of its own: a large one takes its time.
  void remove(const std::string& path) const;

 private:
  std::string path_;
  std::optional<Account> owner_;
  proto::Descriptor lock_;
};

}  // namespace forkmill::worker
