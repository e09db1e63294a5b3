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

// Returns the folder of the group in which a process was started, also if it has moved into that of a worker below it,
// as one that has started itself again has. `mounts` and `groups`: as in /proc/PID/mountinfo and /proc/PID/cgroup.
// Empty: the machine has no groups of version 2.
std::string group_folder_of(const std::string& mounts, const std::string& groups);

// GroupFolders: the changes that the kernel is asked for. Functions that return bool leave the reason in errno. Tests
// have another kernel.
class GroupFolders {
 public:
  GroupFolders() = default;
  virtual ~GroupFolders() = default;
  GroupFolders(const GroupFolders&) = delete;
  GroupFolders& operator=(const GroupFolders&) = delete;

  virtual bool make(const std::string& group);
  virtual bool write(const std::string& group, const std::string& file, const std::string& value);
  virtual bool remove(const std::string& group);
  // Returns group_folder_of() this process.
  virtual std::string own();

  static GroupFolders& of_system();
};

class ControlGroups {
 public:
  // `place` is the folder of a group, in which those of children are made, or "auto": that of this process, which then
  // moves into one below, as groups with processes cannot have limited groups in them. Ends the processes that killed
  // workers have left in `place`. `folders` must outlive the object. Throws CannotConfine.
  ControlGroups(const std::string& place, const GroupLimits& limits, GroupFolders& folders = GroupFolders::of_system());
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
  // Makes a group below the place, and moves this process into it.
  void leave_place();
  void enable_controllers();
  void end_leftovers();

  GroupFolders& folders_;
  const std::string place_;
  std::vector<GroupFile> limits_;
  std::vector<std::string> dead_;  // groups that are removed when their last process has ended
};

// Moves this process into the group. Throws std::system_error.
void enter_group(const std::string& group);

}  // namespace forkmill::worker
