// TaskTypes: small numbers for pairs of a task name and a signature. Matching compares numbers, not text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::broker {

using TaskTypeId = std::uint32_t;

class TaskTypes {
 public:
  explicit TaskTypes(std::size_t most) : most_{most} {}

  // Returns the number of the pair, a new one if need be. None: the pair is new, and there are `most` pairs already.
  std::optional<TaskTypeId> intern(std::string_view name, std::uint64_t signature);

  const std::string& name(TaskTypeId type) const { return types_[type].name; }
  std::uint64_t signature(TaskTypeId type) const { return types_[type].signature; }

 private:
  struct Type {
    std::string name;
    std::uint64_t signature;
  };
  std::size_t most_;
  std::vector<Type> types_;
  std::map<std::string, std::map<std::uint64_t, TaskTypeId>, std::less<>> by_name_;
  // The number that intern() returned last: submitters send many tasks of one type in a row.
  TaskTypeId last_ = 0;
};

}  // namespace forkmill::broker
