#include "broker/core/tasks/task_types.h"

namespace forkmill::broker {

std::optional<TaskTypeId> TaskTypes::intern(std::string_view name, std::uint64_t signature) {
  if (last_ < types_.size() && types_[last_].signature == signature && types_[last_].name == name) return last_;
  auto found = by_name_.find(name);
  if (found != by_name_.end()) {
    if (auto type = found->second.find(signature); type != found->second.end()) return last_ = type->second;
  }
  if (types_.size() >= most_) return std::nullopt;
  if (found == by_name_.end()) found = by_name_.emplace(std::string{name}, std::map<std::uint64_t, TaskTypeId>{}).first;
  last_ = static_cast<TaskTypeId>(types_.size());
  types_.push_back({std::string{name}, signature});
  found->second.emplace(signature, last_);
  return last_;
}

}  // namespace forkmill::broker
