// Control groups: the folders of /sys/fs/cgroup whose limits hold for a process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::proto {

struct ControlGroup {
  std::string folder;
  bool is_v2 = true;  // version 2 of the files; else version 1
};

// Returns the group of the process and all above it, those that have `controller` in version 1. Not all of the folders
// exist: in a container, the path may be that of the host, and then only the mount itself is there. `groups`: as in
// /proc/PID/cgroup; `root`: where the groups are mounted.
std::vector<ControlGroup> control_groups(const std::string& groups, const std::string& root,
                                         std::string_view controller);

// Returns /proc/self/cgroup.
std::string own_control_groups();

}  // namespace forkmill::proto
