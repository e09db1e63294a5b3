// DiskNames: the names of a simulated disk's files and directories, as processes see them and as far as they are safe.
// A name is safe when its directory was synced.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/disk/node.h"

namespace forkmill::sim {

class DiskNames {
 public:
  using Node = std::shared_ptr<DiskNode>;
  // The names that change together; a null node removes its name.
  using Change = std::vector<std::pair<std::string, Node>>;

  // Only the directory "/" is there, and safe.
  DiskNames();

  // Null: there is no such file or directory.
  Node find(const std::string& path) const;
  const std::map<std::string, Node>& all() const { return now_; }

  void change(Change names);
  // Makes the changes in `directory` safe. A change that concerns two directories is safe as soon as one is.
  void sync(const std::string& directory);
  // Makes the name of one file safe.
  void sync_name(const std::string& path);
  // The machine loses power: of the unsafe changes some stay. `in_order`: only the first ones can. Returns the names
  // that are left.
  const std::map<std::string, Node>& lose_power(Random& random, bool in_order);

 private:
  void make_safe(const Change& names);

  std::map<std::string, Node> now_;
  std::map<std::string, Node> safe_;
  std::vector<Change> unsafe_;
};

}  // namespace forkmill::sim
