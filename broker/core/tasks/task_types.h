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

using KindId = std::uint32_t;

class TaskTypes {
 public:
  explicit TaskTypes(std::size_t most) : most_{most} {}

  // Returns the number of the pair, a new one if need be. None: the pair is new, and there are `most` pairs already.
  std::optional<KindId> intern(std::string_view name, std::uint64_t signature);

  const std::string& name(KindId kind) const { return task_types_[kind].name; }
  std::uint64_t signature(KindId kind) const { return task_types_[kind].signature; }

 private:
  struct Kind {
    std::string name;
    std::uint64_t signature;
  };
  std::size_t most_;
  std::vector<Kind> task_types_;
  std::map<std::string, std::map<std::uint64_t, KindId>, std::less<>> by_name_;
  // The number that intern() returned last: submitters send many tasks of one kind in a row.
  KindId last_ = 0;
};

}  // namespace forkmill::broker
