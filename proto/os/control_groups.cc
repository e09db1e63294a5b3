#include "proto/os/control_groups.h"

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <sstream>

namespace forkmill::proto {

namespace {

bool has_controller(const std::string& controllers, std::string_view wanted) {
  std::istringstream list{controllers};
  for (std::string one; std::getline(list, one, ',');)
    if (one == wanted) return true;
  return false;
}

// Adds the group at `path` and all above it.
void add_groups(std::vector<ControlGroup>& all, const std::string& mount, std::string path, bool is_v2) {
  for (;; path.erase(path.rfind('/'))) {
    all.push_back({mount + (path == "/" ? "" : path), is_v2});
    if (path == "/" || path.find('/') == std::string::npos) return;
  }
}

}  // namespace

std::vector<ControlGroup> control_groups(const std::string& groups, const std::string& root,
                                         std::string_view controller) {
  std::vector<ControlGroup> all;
  std::istringstream lines{groups};
  for (std::string line; std::getline(lines, line);) {  // number:controllers:path
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      add_groups(all, root, path, true);
      add_groups(all, root + "/unified", path, true);
    } else if (has_controller(controllers, controller)) {
      add_groups(all, root + "/" + controllers, path, false);
      add_groups(all, root + "/" + std::string{controller}, path, false);
    }
  }
  return all;
}

std::string own_control_groups() {
  std::ifstream file{"/proc/self/cgroup"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace forkmill::proto
