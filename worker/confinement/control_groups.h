// ControlGroups (cgroup v2): a group for each child of a worker, with what the child starts. Limits hold for all
// processes of a group together, and none of them outlives the child. The worker must be allowed to make groups, as
// root or by delegation (Delegate=yes of systemd).
#pragma once

#include <forkmill/worker_options.h>

#include <string>
#include <vector>

namespace forkmill::worker {

// A file of a group, and what has to be in it.
struct GroupFile {
  std::string name;
  std::string text;
  std::string controller;
};
// Returns the files that make the kernel keep the limits.
std::vector<GroupFile> files_of(const GroupLimits& limits);

class ControlGroups {
 public:
  // `place` is the folder of a group, in which those of children are made, or "auto": that of this process, which then
  // moves into one below, as groups with processes cannot have limited groups in them. Ends the processes that killed
  // workers have left in `place`. Throws CannotConfine.
  ControlGroups(const std::string& place, const GroupLimits& limits);
  // Removes the groups. All children must have ended.
  ~ControlGroups();
  ControlGroups(const ControlGroups&) = delete;
  ControlGroups& operator=(const ControlGroups&) = delete;

  // Makes a group, and returns its folder. Throws std::system_error.
  std::string add(const std::string& name);
  // Kills what is left in the group, and removes it as soon as that is gone.
  void remove(const std::string& group);
  // A process has ended: removes the groups that remove() could not remove yet.
  void sweep();

 private:
  std::string place_;
  std::vector<GroupFile> limits_;
  std::vector<std::string> dead_;  // groups that are removed when their last process has ended
};

// Moves this process into the group. Throws std::system_error.
void enter_group(const std::string& group);

}  // namespace forkmill::worker
